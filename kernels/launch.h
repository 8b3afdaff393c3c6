// SPDX-License-Identifier: MIT
// The one way to launch a CUDA kernel: checked, named, and plain C++, so that a host compiler
// builds it against the emulated device too. Include from .cu files only.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/cuda_error.h"
#include "kernels/stream.h"

// Unrolls the loop that follows, so that arrays indexed by its counter can live in registers.
#ifdef __CUDACC__
#define KILN_UNROLL _Pragma("unroll")
#else
#define KILN_UNROLL
#endif

namespace kiln::kernels {

inline cudaStream_t native(CudaStream stream) { return static_cast<cudaStream_t>(stream.handle); }

// Runs kernel(args...) on `grid` blocks of `block` threads; `op`, a literal, names it in errors.
template <class... Params, class... Args>
void launch(const char* op, void (*kernel)(Params...), dim3 grid, dim3 block,
            std::size_t shared_bytes, CudaStream stream, Args&&... args) {
  const LaunchInfo info = {op, grid, block, shared_bytes, reinterpret_cast<const void*>(kernel)};
  cudaLaunchConfig_t config = {};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = native(stream);
  before_launch(info, config.stream);
  after_launch(cudaLaunchKernelEx(&config, kernel, std::forward<Args>(args)...), info,
               config.stream);
}

inline constexpr unsigned kBlockSize = 256;

// Blocks of a grid-stride loop over n items: enough to fill any GPU, few enough to stay cheap.
inline unsigned blocks_for(std::int64_t n, unsigned block_size = kBlockSize) {
  constexpr std::int64_t kMaxBlocks = 4096;
  const std::int64_t blocks = (n + block_size - 1) / block_size;
  return static_cast<unsigned>(std::clamp<std::int64_t>(blocks, 1, kMaxBlocks));
}

}  // namespace kiln::kernels
