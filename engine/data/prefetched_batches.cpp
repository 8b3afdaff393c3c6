// SPDX-License-Identifier: MIT
#include "engine/data/prefetched_batches.h"

#include <utility>

#include "kernels/gather.h"

namespace kiln {
namespace {

constexpr std::size_t kBatchesAhead = 3;

}  // namespace

PrefetchedBatches::PrefetchedBatches(RowSource rows, std::int64_t batch_size, std::uint64_t seed,
                                     Device device)
    : source_(std::move(rows)),
      sampler_(source_.count, batch_size, seed, Device::cpu()),
      rows_(Tensor::empty({batch_size, source_.row_size()}, device, source_.dtype)),
      batch_(BatchStream::of_one_batch(rows_)) {}

PrefetchedBatches::PrefetchedBatches(RowSource rows, std::vector<std::uint8_t> labels,
                                     std::int64_t batch_size, std::uint64_t seed, Device device)
    : PrefetchedBatches(std::move(rows), batch_size, seed, device) {
  if (static_cast<std::int64_t>(labels.size()) != source_.count) {
    throw Error("[prefetched_batches] " + std::to_string(labels.size()) + " labels are not of " +
                std::to_string(source_.count) + " rows");
  }
  labels_ = std::move(labels);
  row_labels_ = Tensor::empty({batch_size}, device, DType::uint8);
  batch_ = BatchStream::of_one_batch(rows_, row_labels_);
}

void PrefetchedBatches::start_epoch(std::int64_t epoch) {
  ahead_.reset();
  sampler_.start_epoch(epoch);
  place_ = 0;
}

const BatchStream& PrefetchedBatches::next() {
  const std::int32_t* const order = sampler_.permutation().data<std::int32_t>();
  const auto rest = std::span(order, static_cast<std::size_t>(source_.count))
                        .subspan(static_cast<std::size_t>(place_));
  if (!ahead_) {
    ahead_.emplace(source_, std::vector(rest.begin(), rest.end()), batch_size(), kBatchesAhead);
  }
  const auto bytes = ahead_->next();
  rows_.device().copy_from_host(bytes.data(), rows_.raw(), bytes.size());
  if (row_labels_.defined()) {
    std::vector<std::uint8_t> labels;
    for (const std::int32_t row : rest.first(static_cast<std::size_t>(batch_size()))) {
      labels.push_back(labels_[static_cast<std::size_t>(row)]);
    }
    row_labels_.device().copy_from_host(labels.data(), row_labels_.raw(), labels.size());
  }
  place_ = static_cast<std::int64_t>(kernels::next_cursor(place_, batch_size(), source_.count));
  if (place_ == 0) ahead_.reset();
  return batch_;
}

void PrefetchedBatches::visit_state(StateVisitor& visitor, const std::string& name) {
  const Tensor order = sampler_.permutation();
  sampler_.visit_state(visitor, name);
  if (sampler_.permutation().impl() != order.impl()) ahead_.reset();
  const auto before = static_cast<std::uint64_t>(place_);
  const Tensor cursor = Tensor::from_host(std::vector{before}, {1}, Device::cpu());
  visitor.visit(name + ".cursor", cursor);
  const std::uint64_t place = cursor.to_host<std::uint64_t>()[0];
  if (place > static_cast<std::uint64_t>(source_.count - batch_size())) {
    throw Error("[prefetched_batches] row " + std::to_string(place) +
                " of the epoch begins no batch");
  }
  if (place != before) ahead_.reset();
  place_ = static_cast<std::int64_t>(place);
}

}  // namespace kiln
