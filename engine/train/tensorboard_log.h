// SPDX-License-Identifier: MIT
// An event file that TensorBoard shows: scalars, pictures and histograms over training steps.
//   TensorBoardLog log(folder / "events.out.tfevents.kiln");
//   log.scalar("d_loss", 100, 0.25);
// TensorBoard finds files by "tfevents" in their names: tensorboard --logdir FOLDER. Each call adds
// one event, whole or not at all (engine/io/append_file.h), stamped with the time of day.
// Format: TFRecord (https://www.tensorflow.org/tutorials/load_data/tfrecord) of event.proto and
// summary.proto (https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/framework).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "engine/io/append_file.h"
#include "engine/io/grey_image.h"

namespace kiln {

class TensorBoardLog {
 public:
  static constexpr int kHistogramBins = 64;

  // Goes on behind the first `keep` events of the file, or begins it anew where there are none:
  // what follows is cut off.
  explicit TensorBoardLog(const std::filesystem::path& path, std::int64_t keep = 0);

  void scalar(std::string_view name, std::int64_t step, double value);
  void picture(std::string_view name, std::int64_t step, const GreyImage& image);
  // Of the finite values, in kHistogramBins bins of equal width from the least to the greatest of
  // them. None where there are no finite values.
  void histogram(std::string_view name, std::int64_t step, std::span<const float> values);

  // In the file.
  std::int64_t num_events() const { return num_events_; }

 private:
  struct Kept {
    std::int64_t events;
    std::uint64_t bytes;
  };
  static Kept kept_of(const std::filesystem::path& path, std::int64_t events);
  TensorBoardLog(const std::filesystem::path& path, Kept kept);
  void add_record(std::string_view event);

  AppendFile file_;
  std::int64_t num_events_;
};

}  // namespace kiln
