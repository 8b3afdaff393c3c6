// SPDX-License-Identifier: MIT
// Bounds on the gradients of an arena, between backward() and an optimizer's step(); as PyTorch's
// clip_grad_norm_ and clip_grad_value_. The formulas are in kernels/clip.h. They can be part of a
// captured step.
#pragma once

#include "engine/optim/parameter_arena.h"

namespace kiln::optim {

// Scales all gradients together so that their length is at most max_norm. Returns the length
// before, a scalar on the arena's device. Errors: a max_norm that is negative or not finite.
Tensor clip_grad_norm(const ParameterArena& arena, double max_norm);

// Moves each gradient into [-max_value, max_value]. Errors: a max_value that is negative or not
// finite.
void clip_grad_value(const ParameterArena& arena, double max_value);

}  // namespace kiln::optim
