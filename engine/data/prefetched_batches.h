// SPDX-License-Identifier: MIT
// The batches of a data set that is read from disk as it is needed: those that a BatchStream of the
// same rows and seed gives, bit for bit, with the next few always being read by a thread. Host
// memory holds these, the labels and the order of an epoch, 4 bytes a row.
//
//   PrefetchedBatches batches(open_row_file("images.npy"), 64, seed, device);
//   for (...) model.train_step(batches.next());
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/batch_sampler.h"
#include "engine/data/batch_stream.h"
#include "engine/data/read_ahead.h"
#include "engine/data/row_source.h"
#include "engine/tensor.h"

namespace kiln {

class PrefetchedBatches {
 public:
  // Errors: those of BatchSampler.
  PrefetchedBatches(RowSource rows, std::int64_t batch_size, std::uint64_t seed, Device device);
  // Errors: another number of labels than of rows.
  PrefetchedBatches(RowSource rows, std::vector<std::uint8_t> labels, std::int64_t batch_size,
                    std::uint64_t seed, Device device);

  std::int64_t batch_size() const { return batch_.batch_size(); }
  std::int64_t row_size() const { return batch_.row_size(); }
  std::int64_t batches_per_epoch() const { return sampler_.batches_per_epoch(); }

  // The first epoch, 0, has begun already.
  void start_epoch(std::int64_t epoch);
  // The next batch, on the device, as a stream that gives this batch until the next call. It is the
  // same stream each time, so that a model's captured step is replayed. After the last batch the
  // epoch begins again. Errors: what reading a row of this batch threw, until an epoch is started.
  const BatchStream& next();
  // See BatchStream.
  void next_into(const Tensor& out) { next().next_into(out); }
  void next_into(const Tensor& out, const Tensor& labels) { next().next_into(out, labels); }
  // The epoch and the place in it, as a BatchStream has them. Errors: a place that is none.
  void visit_state(StateVisitor& visitor, const std::string& name);

 private:
  RowSource source_;
  std::vector<std::uint8_t> labels_;  // empty where there are none
  BatchSampler sampler_;
  std::int64_t place_ = 0;  // of the next batch's first row in the epoch
  Tensor rows_;             // (batch_size, row_size), of source_.dtype
  Tensor row_labels_;       // uint8 (batch_size), or undefined
  BatchStream batch_;       // of these two
  std::optional<ReadAhead> ahead_;
};

}  // namespace kiln
