// SPDX-License-Identifier: MIT
// Products of a matrix and a vector on the CPU: gemm() of one row, or of one column.
#pragma once

#include "kernels/gemm.h"

namespace kiln::kernels {

// Does the product where C has one row or one column; false, and nothing done, elsewhere.
bool gemv(const GemmArgs<float>& args);

}  // namespace kiln::kernels
