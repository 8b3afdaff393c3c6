// SPDX-License-Identifier: MIT
// One launch of a kernel, and running it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "cuda_emulation/vector_types.h"

namespace cuda_emulation {

struct KernelLaunch {
  const void* kernel;
  dim3 grid;
  dim3 block;
  std::size_t dynamic_bytes;
  std::function<void()> thread;       // the kernel, for one CUDA thread
  std::vector<const void*> pointers;  // its pointer arguments
};

/// Runs all blocks in a random order. Errors are raised as faults.
void run_grid(const KernelLaunch& launch);

}  // namespace cuda_emulation
