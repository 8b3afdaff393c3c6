// SPDX-License-Identifier: MIT
#include "engine/data/batch_sampler.h"

#include <limits>
#include <string>

#include "engine/data/shuffled_rows.h"

namespace kiln {

BatchSampler::BatchSampler(std::int64_t num_rows, std::int64_t batch_size, std::uint64_t seed,
                           Device device)
    : num_rows_(num_rows), batch_size_(batch_size), seed_(seed), device_(device) {
  if (batch_size < 1 || batch_size > num_rows) {
    throw Error("batch size " + std::to_string(batch_size) + " is not between 1 and the " +
                std::to_string(num_rows) + " rows of the data set");
  }
  if (num_rows > std::numeric_limits<std::int32_t>::max()) {
    throw Error("a data set of " + std::to_string(num_rows) + " rows is too large");
  }
  start_epoch(0);
}

void BatchSampler::start_epoch(std::int64_t epoch) {
  const auto rows =
      shuffled_rows<std::int32_t>(num_rows_, derive_seed(seed_, static_cast<std::uint64_t>(epoch)));
  permutation_ = Tensor::from_host(rows, {num_rows_}, device_);
  epoch_ = epoch;
}

void BatchSampler::visit_state(StateVisitor& visitor, const std::string& name) {
  std::int64_t epoch = epoch_;
  visitor.visit(name + ".epoch", epoch);
  if (epoch != epoch_) start_epoch(epoch);
}

Tensor BatchSampler::batch(std::int64_t batch) const {
  return permutation_.slice(batch * batch_size_, {batch_size_});
}

}  // namespace kiln
