// SPDX-License-Identifier: MIT
// The batches of an epoch, one after the other, out of a data set that stays on the device as
// bytes or floats, with their labels if it has any. The place in the epoch is device memory, so
// that a captured step moves on by itself. Copies are handles to one stream.
#pragma once

#include <cstdint>
#include <string>

#include "engine/data/batch_sampler.h"
#include "engine/tensor.h"

namespace kiln {

class BatchStream {
 public:
  // rows: uint8 or float32 (n, row_size). Errors: those of BatchSampler.
  BatchStream(Tensor rows, std::int64_t batch_size, std::uint64_t seed);
  // labels: uint8 (n), on the same device.
  BatchStream(Tensor rows, Tensor labels, std::int64_t batch_size, std::uint64_t seed);
  // All of `rows`, and of `labels` if they are defined, as they lie, every time: whoever writes
  // others there chooses the batches (prefetched_batches.h). Has no epochs.
  static BatchStream of_one_batch(Tensor rows, Tensor labels = {});

  std::int64_t batch_size() const { return batch_size_; }
  std::int64_t row_size() const { return rows_.dim(1); }
  std::int64_t batches_per_epoch() const { return sampler_.batches_per_epoch(); }

  // The first epoch, 0, has begun already.
  void start_epoch(std::int64_t epoch);
  // The next batch into out, float32 (batch_size, row_size), with bytes mapped to [0, 1] and
  // floats as they are. After the last one the epoch begins again.
  void next_into(const Tensor& out) const;
  // The same with the batch's labels, int32 (batch_size). Errors: a stream without labels.
  void next_into(const Tensor& out, const Tensor& labels) const;
  Tensor next() const;
  // Whether both are copies of one stream.
  bool is_same_stream(const BatchStream& other) const;
  // The epoch and the place in it. Errors: a place that is none.
  void visit_state(StateVisitor& visitor, const std::string& name);

 private:
  Tensor rows_;
  Tensor labels_;  // may be undefined
  std::int64_t batch_size_;
  BatchSampler sampler_;
  Tensor indices_;
  Tensor cursor_;
};

}  // namespace kiln
