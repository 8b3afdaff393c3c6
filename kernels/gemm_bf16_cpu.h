// SPDX-License-Identifier: MIT
// Matrix products in bf16 by Kiln's own kernel, for x86 CPUs with the AVX-512 instructions for it.
#pragma once

#include "kernels/gemm.h"

namespace kiln::kernels {

// Whether this CPU has the instructions.
bool cpu_multiplies_bf16();
// And whether they are faster than fp32's, as AMD's are; Intel's are not.
bool cpu_multiplies_bf16_fast();

// gemm.h's contract, where this CPU has the instructions and the product is large enough to fill
// the kernel's tiles; else does nothing and returns false. Operands are rounded to nearest, ties to
// even, subnormal ones to 0; sums are fp32. The same bits for every number of threads.
bool gemm_bf16(const GemmArgs<float>& args);

}  // namespace kiln::kernels
