// SPDX-License-Identifier: MIT
// Matrix products in bf16 by a CPU's tile multiplier (Intel AMX).
#pragma once

#include "kernels/gemm.h"

namespace kiln::kernels {

// Whether this CPU has it and the system lets this process use it.
bool cpu_has_amx();

// gemm_bf16's contract (gemm_bf16_cpu.h) where cpu_has_amx(); sums that are subnormal become 0.
bool gemm_amx(const GemmArgs<float>& args);

}  // namespace kiln::kernels
