// SPDX-License-Identifier: MIT
// How a block walks a (rows, cols) matrix by columns: it owns a strip of up to 32 neighbouring
// columns, and its threads form a grid of rows by columns, so that a warp reads whole 128-byte
// lines, or several short rows at once where the matrix is narrower.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/launch.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

// The strip's width as a power of two: 1 to 32 columns.
inline int strip_width_log2(std::int64_t cols) {
  int log2 = 0;
  while (log2 < 5 && (std::int64_t{1} << log2) < cols) ++log2;
  return log2;
}

inline unsigned strips_of(std::int64_t cols) {
  const int log2 = strip_width_log2(cols);
  return static_cast<unsigned>((cols + (std::int64_t{1} << log2) - 1) >> log2);
}

// This thread's column, and the first of its rows (blockIdx.y splits the rows) and their distance.
struct StripPlace {
  std::int64_t col;
  std::int64_t row;
  std::int64_t row_step;

  __device__ explicit StripPlace(int width_log2)
      : col((static_cast<std::int64_t>(blockIdx.x) << width_log2) +
            (threadIdx.x & ((1u << width_log2) - 1))),
        row(static_cast<std::int64_t>(blockIdx.y) * (kBlockSize >> width_log2) +
            (threadIdx.x >> width_log2)),
        row_step(static_cast<std::int64_t>(gridDim.y) * (kBlockSize >> width_log2)) {}
};

struct ColumnSumShared {
  float sums[kBlockSize];
};

// out[j] = sum_i value(i * cols + j), or out[j] += ... if accumulate, for the block's columns j;
// each term is also handed to keep(i * cols + j, term). One block sums all rows: every thread its
// own in ascending order, then a tree over the threads. Terms are fetched a batch ahead of keeping
// them, or what `keep` writes would hold back the next term's loads.
template <class Value, class Keep>
__device__ __forceinline__ void sum_strip(int width_log2, std::int64_t rows, std::int64_t cols,
                                          Value value, Keep keep, float* out, bool accumulate) {
  constexpr int kBatch = 8;
  ColumnSumShared& shared = block_shared<ColumnSumShared>();
  const StripPlace place(width_log2);
  const std::int64_t end = place.col < cols ? rows : 0;
  float sum = 0;
  for (std::int64_t first = place.row; first < end; first += kBatch * place.row_step) {
    float terms[kBatch];
    KILN_UNROLL
    for (int b = 0; b < kBatch; ++b) {
      const std::int64_t i = first + b * place.row_step;
      terms[b] = i < end ? value(i * cols + place.col) : 0.0f;
    }
    KILN_UNROLL
    for (int b = 0; b < kBatch; ++b) {
      const std::int64_t i = first + b * place.row_step;
      if (i < end) keep(i * cols + place.col, terms[b]);
      sum += terms[b];
    }
  }
  shared.sums[threadIdx.x] = sum;
  __syncthreads();
  for (unsigned half = kBlockSize / 2; half >> width_log2 != 0; half /= 2) {
    if (threadIdx.x < half) shared.sums[threadIdx.x] += shared.sums[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x >> width_log2 == 0 && place.col < cols) {
    const float total = shared.sums[threadIdx.x];
    out[place.col] = accumulate ? out[place.col] + total : total;
  }
}

// Blocks for a kernel that writes every element: one row a thread, or more beyond the grid's limit.
inline dim3 strip_grid(std::int64_t rows, std::int64_t cols) {
  constexpr std::int64_t kMaxGridY = 65535;
  const std::int64_t rows_per_block = kBlockSize >> strip_width_log2(cols);
  const std::int64_t blocks = (rows + rows_per_block - 1) / rows_per_block;
  return dim3(strips_of(cols), static_cast<unsigned>(std::min(blocks, kMaxGridY)));
}

}  // namespace kiln::kernels
