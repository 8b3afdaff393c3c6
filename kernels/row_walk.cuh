// SPDX-License-Identifier: MIT
// One warp a row of a (rows, cols) matrix: lane l has the columns l, l + 32, ..., so that a warp
// reads whole lines, and needs no shared memory to add up its row.
#pragma once

#include <cstdint>

#include "kernels/launch.h"

namespace kiln::kernels {

// Fetched before the first of them is used, so that their loads overlap.
inline constexpr int kRowBatch = 4;

// use(j, load(j)) for each of this lane's columns j, in ascending order.
template <class Load, class Use>
__device__ __forceinline__ void for_each_column(std::int64_t cols, Load load, Use use) {
  for (std::int64_t first = threadIdx.x % 32; first < cols; first += 32 * kRowBatch) {
    decltype(load(first)) values[kRowBatch] = {};
    KILN_UNROLL
    for (int b = 0; b < kRowBatch; ++b) {
      if (first + 32 * b < cols) values[b] = load(first + 32 * b);
    }
    KILN_UNROLL
    for (int b = 0; b < kRowBatch; ++b) {
      if (first + 32 * b < cols) use(first + 32 * b, values[b]);
    }
  }
}

// Calls f(i) for each of this warp's rows i.
template <class F>
__device__ __forceinline__ void for_each_row(std::int64_t rows, F f) {
  const std::int64_t warps = blockDim.x / 32;
  const std::int64_t warp = threadIdx.x / 32;
  for (std::int64_t i = blockIdx.x * warps + warp; i < rows; i += gridDim.x * warps) f(i);
}

inline unsigned blocks_for_rows(std::int64_t rows) { return blocks_for(rows, kBlockSize / 32); }

}  // namespace kiln::kernels
