// SPDX-License-Identifier: MIT
// Where the running CUDA thread stands in its grid. The scheduler writes the variables behind these
// names each time it resumes a thread, so a kernel reads them at the cost of a load.
#pragma once

#include "cuda_emulation/vector_types.h"

namespace cuda_emulation {
extern uint3 current_thread_index;
extern uint3 current_block_index;
extern dim3 current_block_size;
extern dim3 current_grid_size;
}  // namespace cuda_emulation

inline constexpr const uint3& threadIdx = cuda_emulation::current_thread_index;
inline constexpr const uint3& blockIdx = cuda_emulation::current_block_index;
inline constexpr const dim3& blockDim = cuda_emulation::current_block_size;
inline constexpr const dim3& gridDim = cuda_emulation::current_grid_size;
inline constexpr int warpSize = 32;
