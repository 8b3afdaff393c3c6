// SPDX-License-Identifier: MIT
// Softmax over the rows of (rows, classes), differentiable to any order. Formula:
// kernels/softmax.h. Errors: another rank, no classes.
#pragma once

#include "engine/tensor.h"

namespace kiln {

Tensor softmax(const Tensor& x);

}  // namespace kiln
