// SPDX-License-Identifier: MIT
// Products of a matrix and a vector on the CPU: gemm() of one row, or of one column.
#pragma once

#include "kernels/gemm.h"

namespace kiln::kernels {

// gemm.h's contract where C has one row or one column and k is not 0; elsewhere it does nothing and
// returns false. The same bits for every number of threads.
bool gemv(const GemmArgs<float>& args);

}  // namespace kiln::kernels
