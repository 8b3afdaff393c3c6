// SPDX-License-Identifier: MIT
// Finding the last block of a group to finish, which then works with what all of them have written:
// one launch where a second would cost a microsecond. The order in which blocks finish decides who
// is last, never what it computes.
#pragma once

#include "kernels/launch.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

struct LastBlockShared {
  bool is_last;
};

// True for all threads of the last of `blocks` blocks to call this with `ticket`, which is 0 before
// and after. What the others wrote before their call is then visible (CUDA C++ Programming Guide,
// "Memory Fence Functions"). Every thread of a block must call.
__device__ __forceinline__ bool is_last_block(unsigned* ticket, unsigned blocks) {
  LastBlockShared& shared = block_shared<LastBlockShared>();
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) shared.is_last = atomicInc(ticket, blocks - 1) == blocks - 1;
  __syncthreads();
  __threadfence();
  return shared.is_last;
}

}  // namespace kiln::kernels
