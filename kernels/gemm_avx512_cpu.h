// SPDX-License-Identifier: MIT
// Matrix products in fp32 by Kiln's own kernel, for x86 CPUs with AVX-512. The weight of a linear
// layer is read as it lies, where oneDNN packs it anew for each product.
#pragma once

#include "kernels/gemm.h"

namespace kiln::kernels {

// Whether this CPU has the instructions.
bool cpu_has_avx512();

// Whether this product takes less time than by oneDNN, whose packing large batches repay. It was
// found out on Zen 4 and on a Xeon with AMX, for CPUs that have the instructions; of other makers'
// it is false.
bool gemm_avx512_is_faster(const GemmArgs<float>& args);

// gemm.h's contract, where this CPU has the instructions and the product is large enough to fill
// the kernel's tiles; else does nothing and returns false. The same bits for every number of
// threads.
bool gemm_avx512(const GemmArgs<float>& args);

}  // namespace kiln::kernels
