// SPDX-License-Identifier: MIT
// Which rows of a data set make up each batch: every epoch a new permutation that depends on the
// seed and the epoch alone. Rows that do not fill the last batch sit the epoch out; another
// permutation leaves out others.
#pragma once

#include <cstdint>
#include <string>

#include "engine/state.h"
#include "engine/tensor.h"

namespace kiln {

class BatchSampler {
 public:
  // Errors: a batch size below 1 or above the number of rows; more rows than an int32 can index.
  BatchSampler(std::int64_t num_rows, std::int64_t batch_size, std::uint64_t seed, Device device);

  std::int64_t batches_per_epoch() const { return num_rows_ / batch_size_; }

  // Draws the permutation of `epoch` and moves it to the device.
  void start_epoch(std::int64_t epoch);
  // Row indices of batch `batch` of this epoch: int32 (batch_size), on the device.
  Tensor batch(std::int64_t batch) const;
  // All of the epoch's row indices: int32 (num_rows).
  const Tensor& permutation() const { return permutation_; }
  // The epoch, of which all else follows.
  void visit_state(StateVisitor& visitor, const std::string& name);

 private:
  std::int64_t num_rows_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  Device device_;
  std::int64_t epoch_ = 0;
  Tensor permutation_;
};

}  // namespace kiln
