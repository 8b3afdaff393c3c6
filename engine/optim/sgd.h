// SPDX-License-Identifier: MIT
// Stochastic gradient descent over a parameter arena, in PyTorch's form:
//   g = grad + weight_decay p;  b = momentum b + g (b = g at the first step);  p = p - lr b
#pragma once

#include "engine/optim/parameter_arena.h"

namespace kiln::optim {

struct SgdConfig {
  double learning_rate = 1e-2;
  double momentum = 0;
  double weight_decay = 0;
};

class Sgd {
 public:
  // `arena` must outlive the optimizer. Errors: settings that are negative or not finite.
  Sgd(ParameterArena& arena, SgdConfig config);

  // Applies the gradients, then forgets them.
  void step();

  void set_learning_rate(double learning_rate);
  const SgdConfig& config() const { return config_; }

 private:
  ParameterArena& arena_;
  SgdConfig config_;
  Tensor momentum_buffer_;  // undefined without momentum
};

}  // namespace kiln::optim
