// SPDX-License-Identifier: MIT
// Exponential moving average of a model's weights: average += (1 - decay) (values - average).
#pragma once

#include "engine/tensor.h"

namespace kiln::optim {

// `average` and `values` are the flat values of two arenas of one layout.
void update_average(const Tensor& average, const Tensor& values, double decay);

}  // namespace kiln::optim
