// SPDX-License-Identifier: MIT
// The checkpoints of a training run: checkpoints/step_000000937.safetensors and so on, each the
// whole state of the training after that step (engine/io/state_file.h), of which the newest few are
// kept. A file appears under its name complete or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/io/state_file.h"

namespace kiln::apps {

class Checkpoints {
 public:
  // In `folder`, which need not be there; the newest `keep` stay.
  Checkpoints(std::filesystem::path folder, std::int64_t keep);

  // Saves the state after `step`, then removes all but the newest. `run` says what run it belongs
  // to, a JSON object of texts. Errors: what cannot be written; the older ones are as they were.
  void write(std::int64_t step, const std::string& run, const StateSnapshot& state) const;
  // Brings back the newest checkpoint that is whole, and returns its path; an empty one where there
  // are no checkpoints. `warn` hears of damaged ones that it passes over. Errors: none is whole; it
  // is of another run than `run`, naming what differs.
  std::filesystem::path restore_newest(const std::string& run, const VisitState& visit_state,
                                       const std::function<void(const std::string&)>& warn) const;
  // The newest, by name; an empty path where there is none.
  std::filesystem::path newest() const;
  // All, and the folder with them if nothing else is in it.
  void remove_all() const noexcept;

 private:
  std::vector<std::filesystem::path> newest_first() const;

  std::filesystem::path folder_;
  std::size_t keep_;
};

}  // namespace kiln::apps
