// SPDX-License-Identifier: MIT
// Layer normalisation: the formulas are in kernels/layer_norm.h.
#pragma once

#include "engine/tensor.h"

namespace kiln {

// x (rows, cols) -> the same shape, each row normalised; weight and bias (cols). Differentiable to
// any order in all three. Errors: sizes, dtypes or devices that do not match.
Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon = 1e-5);

}  // namespace kiln
