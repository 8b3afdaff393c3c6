// SPDX-License-Identifier: MIT
// Adam over a parameter arena: one kernel an update, with an average of the parameters if one is
// kept. The formulas are in kernels/adam.h.
#pragma once

#include <cstdint>
#include <string>

#include "engine/optim/device_state.h"
#include "engine/optim/parameter_arena.h"
#include "kernels/adam.h"

namespace kiln::optim {

using kernels::AdamConfig;

class Adam {
 public:
  // `arena` must outlive the optimizer. `average`, of the same shape as its values, becomes their
  // exponential moving average. Errors: a learning rate, epsilon, weight decay or number of warm-up
  // steps that is negative or not finite; a beta or average decay outside [0, 1); an average of
  // another shape.
  Adam(ParameterArena& arena, AdamConfig config, Tensor average = {});

  // Applies the gradients, then forgets them.
  void step();

  // Takes effect at the next step, a replayed one too.
  void set_learning_rate(double learning_rate);
  const AdamConfig& config() const { return config_; }
  // The moments, the step count and the learning rate; parameters and average are their owners'.
  void visit_state(StateVisitor& visitor, const std::string& name);
  // Updates so far, replayed ones too. Waits for the device.
  std::int64_t num_steps() const;

 private:
  ParameterArena& arena_;
  AdamConfig config_;
  Tensor exp_avg_;
  Tensor exp_avg_sq_;
  Tensor average_;
  DeviceState<kernels::AdamState> state_;
};

}  // namespace kiln::optim
