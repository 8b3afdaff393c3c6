// SPDX-License-Identifier: MIT
// Stochastic gradient descent over a parameter arena: one kernel an update, with an average of the
// parameters if one is kept. The formulas are in kernels/sgd.h.
#pragma once

#include <cstdint>
#include <string>

#include "engine/optim/device_state.h"
#include "engine/optim/parameter_arena.h"
#include "kernels/sgd.h"

namespace kiln::optim {

using kernels::SgdConfig;

class Sgd {
 public:
  // `arena` must outlive the optimizer. `average`, of the same shape as its values, becomes their
  // exponential moving average. Errors: a learning rate, momentum, weight decay or number of
  // warm-up steps that is negative or not finite; an average decay outside [0, 1); nesterov without
  // momentum; an average of another shape.
  Sgd(ParameterArena& arena, SgdConfig config, Tensor average = {});

  // Applies the gradients, then forgets them.
  void step();

  // Takes effect at the next step, a replayed one too.
  void set_learning_rate(double learning_rate);
  const SgdConfig& config() const { return config_; }
  // The momentum, the step count and the learning rate; parameters and average are their owners'.
  void visit_state(StateVisitor& visitor, const std::string& name);
  // Updates so far, replayed ones too. Waits for the device.
  std::int64_t num_steps() const;

 private:
  ParameterArena& arena_;
  SgdConfig config_;
  Tensor momentum_buffer_;  // undefined without momentum
  Tensor average_;
  DeviceState<kernels::SgdState> state_;
};

}  // namespace kiln::optim
