// SPDX-License-Identifier: MIT
// How far a training run is.
#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/state.h"

namespace kiln::apps {

// Of the loop itself, as it is checkpointed.
struct TrainingProgress {
  std::int64_t epoch = 0, batch = 0;  // that come next
  std::int64_t log_lines = 0;
  std::int64_t logged_step = 0;  // of the last line
  std::int64_t events = 0;

  void visit_state(StateVisitor& visitor);
  bool is_sound(std::int64_t batches) const;
};

// How long the run had taken where its log ends: 0 where there is none.
double logged_seconds(const std::filesystem::path& metrics);

}  // namespace kiln::apps
