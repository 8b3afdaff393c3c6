// SPDX-License-Identifier: MIT
// What a training program trains on, and its batches: out of images that all are on the device, or
// that are read from disk as they are needed. Either way the batches are the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/batch_stream.h"
#include "engine/data/prefetched_batches.h"
#include "engine/data/row_source.h"

namespace kiln::apps {

struct TrainingData {
  RowSource images;                  // uint8 (count, height, width)
  std::vector<std::uint8_t> labels;  // (count)
  Tensor pixels;                     // uint8 (count, height * width) on the CPU; undefined where
                                     // batches are read from disk

  std::size_t height() const { return static_cast<std::size_t>(images.row_shape[0]); }
  std::size_t width() const { return static_cast<std::size_t>(images.row_shape[1]); }
  // CRC-32 of all pixels and, behind them, the labels. Reads every image.
  std::uint32_t check_sum() const;
};

// The training images of a folder of MNIST-named files; `streamed` leaves them on disk. Errors:
// those of load_mnist and open_mnist.
TrainingData load_training_data(const std::filesystem::path& folder, bool streamed);

class TrainingBatches {
 public:
  // Of images with their one-hot label behind them, where there are `classes`. Errors: those of
  // BatchSampler and of reading an image.
  TrainingBatches(const TrainingData& data, std::int64_t classes, std::int64_t batch_size,
                  std::uint64_t seed, Device device);

  std::int64_t batches_per_epoch() const {
    return streamed_ ? streamed_->batches_per_epoch() : in_memory_->batches_per_epoch();
  }
  void start_epoch(std::int64_t epoch) {
    streamed_ ? streamed_->start_epoch(epoch) : in_memory_->start_epoch(epoch);
  }
  // For one step, which takes its batch from the stream. Errors: those of PrefetchedBatches.
  const BatchStream& next() { return streamed_ ? streamed_->next() : *in_memory_; }
  // The same state either way.
  void visit_state(StateVisitor& visitor, const std::string& name) {
    streamed_ ? streamed_->visit_state(visitor, name) : in_memory_->visit_state(visitor, name);
  }

 private:
  // One of them.
  std::optional<PrefetchedBatches> streamed_;
  std::optional<BatchStream> in_memory_;
};

}  // namespace kiln::apps
