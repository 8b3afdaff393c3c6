// SPDX-License-Identifier: MIT
// The files of a training run by name, inside its output folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kiln::apps {

struct RunResults {
  RunResults(const std::filesystem::path& folder, const std::vector<std::string>& model_names);

  std::filesystem::path epoch_picture(std::int64_t epoch) const;  // counted from 1

  // Of this run or an earlier one; a file of any other name stays.
  void remove_models_and_pictures() const noexcept;
  void remove_events() const noexcept;
  void remove_all() const noexcept;
  // Of a run that was killed.
  void remove_temporaries() const noexcept;

  std::filesystem::path folder;
  std::vector<std::filesystem::path> models;
  std::filesystem::path picture = folder / "samples.png";
  std::filesystem::path metrics = folder / "metrics.jsonl";
  std::filesystem::path events = folder / "events.out.tfevents.kiln";  // TensorBoard's
  std::filesystem::path checkpoints = folder / "checkpoints";
  std::filesystem::path epoch_pictures = folder / "samples";
};

}  // namespace kiln::apps
