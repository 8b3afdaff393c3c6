// SPDX-License-Identifier: MIT
// Rows of a table, chosen by labels.
#pragma once

#include "engine/tensor.h"

namespace kiln {

// weight (rows, cols), labels int32 (n) -> (n, cols), differentiable in the weight to any order. A
// label outside [0, rows) gives a row of NaN. Errors: a weight that is not a matrix, labels that
// are not an int32 vector on its device.
Tensor embedding(const Tensor& weight, const Tensor& labels);

}  // namespace kiln
