// SPDX-License-Identifier: MIT
// Adam over a parameter arena: one kernel an update. The formula is in kernels/adam.h.
#pragma once

#include <cstdint>

#include "engine/optim/parameter_arena.h"
#include "kernels/adam.h"

namespace kiln::optim {

using kernels::AdamConfig;

class Adam {
 public:
  // `arena` must outlive the optimizer. Errors: a learning rate, epsilon or weight decay that is
  // negative or not finite; a beta outside [0, 1).
  Adam(ParameterArena& arena, AdamConfig config);

  // Applies the gradients, then forgets them.
  void step();

  void set_learning_rate(double learning_rate);
  const AdamConfig& config() const { return config_; }
  std::int64_t num_steps() const { return num_steps_; }

 private:
  ParameterArena& arena_;
  AdamConfig config_;
  Tensor exp_avg_;
  Tensor exp_avg_sq_;
  std::int64_t num_steps_ = 0;
};

}  // namespace kiln::optim
