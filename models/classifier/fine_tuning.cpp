// SPDX-License-Identifier: MIT
#include "models/classifier/fine_tuning.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>

#include "engine/all_finite.h"
#include "engine/autograd/backward.h"
#include "engine/data/batch_stream.h"
#include "engine/ops/cross_entropy.h"
#include "engine/optim/adam.h"
#include "engine/train/captured_step.h"
#include "engine/train/early_stopping.h"

namespace kiln::models {
namespace {

void check_rows(const Chain& network, const RowSet& rows) {
  if (rows.count() == 0) throw Error("[fine_tune] there are no rows");
  if (rows.row_size() != network.inputs()) {
    throw Error("[fine_tune] rows " + to_string(rows.row_shape) + " do not fit a network of " +
                std::to_string(network.inputs()) + " inputs");
  }
  if (rows.classes() > network.outputs()) {
    throw Error("[fine_tune] label " + std::to_string(rows.classes() - 1) +
                " is not one of the network's " + std::to_string(network.outputs()) +
                " classes: it wants a new head");
  }
}

// -log softmax(logits)[label], with the greatest logit taken off first.
double cross_entropy_of(std::span<const float> logits, std::size_t label) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - most);
  return std::log(sum) + most - static_cast<double>(logits[label]);
}

}  // namespace

ClassifierScore score(const Chain& network, const RowSet& rows, Device device) {
  constexpr std::int64_t kChunkRows = 1000;
  check_rows(network, rows);
  const std::int64_t size = network.inputs(), classes = network.outputs();
  ClassifierScore total;
  for (std::int64_t first = 0; first < rows.count(); first += kChunkRows) {
    const std::int64_t n = std::min(kChunkRows, rows.count() - first);
    const auto values =
        std::span(rows.values)
            .subspan(static_cast<std::size_t>(first * size), static_cast<std::size_t>(n * size));
    const Tensor y = Tensor::empty({n, classes}, device);
    network.layer_outputs(Tensor::from_host(values, {n, size}, device), y);
    const std::vector<float> logits = y.to_host<float>();
    for (std::int64_t i = 0; i < n; ++i) {
      const auto row = std::span(logits).subspan(static_cast<std::size_t>(i * classes),
                                                 static_cast<std::size_t>(classes));
      const std::size_t label = rows.labels[static_cast<std::size_t>(first + i)];
      total.loss += cross_entropy_of(row, label);
      const auto seen = std::max_element(row.begin(), row.end()) - row.begin();
      total.accuracy += static_cast<std::size_t>(seen) == label ? 1 : 0;
    }
  }
  const auto count = static_cast<double>(rows.count());
  return {total.loss / count, total.accuracy / count};
}

FineTuned fine_tune(Chain& network, const std::vector<Tensor>& parameters, const RowSet& train,
                    const RowSet& validation, const FineTuning& tuning, Device device) {
  check_rows(network, train);
  check_rows(network, validation);
  optim::ParameterArena arena(parameters);
  optim::AnyOptimizer optimizer(arena, tuning.optimizer);
  BatchStream batches(Tensor::from_host(train.values, {train.count(), train.row_size()}, device),
                      Tensor::from_host(train.labels, {train.count()}, device), tuning.batch,
                      tuning.seed);
  const Tensor rows = Tensor::empty({tuning.batch, train.row_size()}, device);
  const Tensor labels = Tensor::empty({tuning.batch}, device, DType::int32);
  const Tensor loss_sum = Tensor::zeros({}, device);
  CapturedStep step(device, [&] {
    batches.next_into(rows, labels);
    const Tensor loss = cross_entropy(network.forward(rows), labels);
    backward(loss, parameters);
    optimizer.step();
    loss_sum.add_from(loss);
  });
  EarlyStopping stopping(arena.values(), tuning.patience);
  FineTuned result;
  bool stop = false;
  for (std::int64_t epoch = 0; epoch < tuning.epochs && !stop; ++epoch) {
    batches.start_epoch(epoch);
    optimizer.set_learning_rate(tuning.optimizer.learning_rate *
                                tuning.schedule.factor(epoch, tuning.epochs));
    loss_sum.fill(0);
    for (std::int64_t i = 0; i < batches.batches_per_epoch(); ++i) step.run();
    const double loss = loss_sum.item() / static_cast<double>(batches.batches_per_epoch());
    result.epochs = epoch + 1;
    if (!std::isfinite(loss)) {
      throw Error("[fine_tune] the loss is " + std::to_string(loss) + " in epoch " +
                  std::to_string(result.epochs));
    }
    if (!all_finite<float>(arena.values().to_host<float>())) {  // the loss is of the steps before
      throw Error("[fine_tune] the parameters are not finite after epoch " +
                  std::to_string(result.epochs));
    }
    const ClassifierScore held_out = score(network, validation, device);
    if (!std::isfinite(held_out.loss)) {
      throw Error("[fine_tune] the validation loss is " + std::to_string(held_out.loss) +
                  " in epoch " + std::to_string(result.epochs));
    }
    stop = stopping.after_epoch(held_out.loss);
    if (tuning.on_epoch) tuning.on_epoch(result.epochs, loss, held_out);
  }
  stopping.restore_best();
  result.best_epoch = stopping.best_epoch();
  return result;
}

RowSet with_replay(const RowSet& rows, const RowSet& old, double share, std::uint64_t seed) {
  if (!(share >= 0 && share < 1)) {
    throw Error("[replay] share " + std::to_string(share) + " is not in [0, 1)");
  }
  if (old.row_size() != rows.row_size()) {
    throw Error("[replay] old rows " + to_string(old.row_shape) +
                " are not of the new ones' size " + to_string(rows.row_shape));
  }
  const double wanted = std::round(static_cast<double>(rows.count()) * share / (1 - share));
  const auto count = std::min(static_cast<std::int64_t>(wanted), old.count());
  std::vector<std::int64_t> drawn = split_rows(old.count(), {0, 0}, seed).train;
  drawn.resize(static_cast<std::size_t>(count));
  const RowSet replayed = old.select(drawn);
  RowSet result = rows;
  result.values.insert(result.values.end(), replayed.values.begin(), replayed.values.end());
  result.labels.insert(result.labels.end(), replayed.labels.begin(), replayed.labels.end());
  return result;
}

}  // namespace kiln::models
