// SPDX-License-Identifier: MIT
// What the host asked of the device since the last reset, for tests such as "a step is one launch".
// Work that is captured into a graph counts when the graph is launched, not when it is captured.
#pragma once

#include <cstdint>

namespace cuda_emulation {

struct Counters {
  std::uint64_t launches = 0;          // kernels launched by the host, cuBLAS calls included
  std::uint64_t graph_launches = 0;    // cudaGraphLaunch calls
  std::uint64_t graph_nodes = 0;       // nodes run by those launches
  std::uint64_t allocations = 0;       // cudaMalloc, cudaMallocAsync, cudaMallocHost, cudaHostAlloc
  std::uint64_t frees = 0;             // their counterparts
  std::uint64_t synchronizations = 0;  // calls that made the host wait
  std::uint64_t copies = 0;            // cudaMemcpy, cudaMemcpyAsync
  std::uint64_t memsets = 0;           // cudaMemset, cudaMemsetAsync
  std::uint64_t faults = 0;            // reports of the emulation itself
};

Counters counters();
void reset_counters();

/// Device allocations that were not freed yet, and their bytes.
std::uint64_t live_allocations();
std::uint64_t live_bytes();

}  // namespace cuda_emulation
