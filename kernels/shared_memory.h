// SPDX-License-Identifier: MIT
// Shared memory of a block, spelled so that the emulated device can give every block its own,
// exactly sized and filled with NaN. `T` is a plain struct; one kernel uses one T once.
#pragma once

#include <cuda_runtime.h>

#ifdef KILN_CUDA_EMULATED
#include <kiln_emulated_shared.h>
#endif

namespace kiln::kernels {

template <class T>
__device__ __forceinline__ T& block_shared() {
#ifdef KILN_CUDA_EMULATED
  return cuda_emulation::block_shared<T>();
#else
  __shared__ T storage;
  return storage;
#endif
}

}  // namespace kiln::kernels
