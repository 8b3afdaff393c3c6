// SPDX-License-Identifier: MIT
// Whether ops on this thread are recorded in the graph.
#pragma once

namespace kiln {

bool grad_enabled();

// Sets the mode for the guard's lifetime.
class GradModeGuard {
 public:
  explicit GradModeGuard(bool enabled);
  GradModeGuard(const GradModeGuard&) = delete;
  GradModeGuard& operator=(const GradModeGuard&) = delete;
  ~GradModeGuard();

 private:
  bool previous_;
};

// Nothing is recorded while one lives: for sampling, evaluation, and inputs held constant.
class NoGradGuard : GradModeGuard {
 public:
  NoGradGuard() : GradModeGuard(false) {}
};

}  // namespace kiln
