// SPDX-License-Identifier: MIT
// The losses of kernels/losses.h summed over each row: (rows, cols) -> (rows). The target is
// (n, cols) where n divides rows, and used again for each n rows. Differentiable to any order in
// the prediction; the target is a constant.
#pragma once

#include "engine/tensor.h"
#include "kernels/losses.h"

namespace kiln {

template <class Loss>
Tensor row_loss(Loss loss, const Tensor& x, const Tensor& target);

}  // namespace kiln
