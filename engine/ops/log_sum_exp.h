// SPDX-License-Identifier: MIT
// log sum exp over the columns of (rows, cols) -> (cols), differentiable to any order; its gradient
// is each column's softmax. Formula: kernels/log_sum_exp.h. Errors: another rank, no rows.
#pragma once

#include "engine/tensor.h"

namespace kiln {

Tensor column_log_sum_exp(const Tensor& x);

}  // namespace kiln
