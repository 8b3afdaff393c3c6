// SPDX-License-Identifier: MIT
// CUDA's errors as kiln::Error: one line that says what failed, where, and what to do about it.
// Kernels run asynchronously, so the call that reports a fault is rarely the one that caused it:
// such a message says so and names the last launch. With KILN_CUDA_SYNC=1 in the environment every
// launch is followed by a synchronisation, and the error names the launch that failed.
// Include from .cu files only.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/error.h"

namespace kiln::kernels {

struct LaunchInfo {
  const char* op = nullptr;  // a string that lives on, such as a literal
  dim3 grid;
  dim3 block;
  std::size_t shared_bytes = 0;
  const void* kernel = nullptr;
};

// Throws an Error for anything but cudaSuccess, and clears it, so that no later call reports it
// again. `what` is the op or the call.
void check_cuda(cudaError_t status, const char* what);

// What launch() does around cudaLaunchKernelEx. Both check what can be known by then.
void before_launch(const LaunchInfo& launch, cudaStream_t stream);
void after_launch(cudaError_t status, const LaunchInfo& launch, cudaStream_t stream);

// `observer` is called with every launch of any thread before it starts; null for none, as at
// first. For tools that list what a step launches.
using LaunchObserver = void (*)(const LaunchInfo&);
void observe_launches(LaunchObserver observer);

// The words of an error, from what the runtime says. Versions are CUDA's: 1000 major + 10 minor.

// Why there is no device, after cudaGetDeviceCount() returned `status`. driver: 0 if there is none.
std::string no_device_reason(cudaError_t status, int driver, int runtime);
// Whether a kernel could not be loaded because the build has no code for the GPU.
bool is_missing_code(cudaError_t status);
// What to say then. built_for: 10 times the sm numbers, as in nvcc's __CUDA_ARCH_LIST__.
std::string missing_code_reason(cudaError_t status, const std::string& gpu, int major, int minor,
                                const std::vector<int>& built_for, int driver, int runtime);
// Whether the error was raised by a kernel that ran, maybe long ago, and ends the use of the
// device.
bool is_fault(cudaError_t status);

}  // namespace kiln::kernels
