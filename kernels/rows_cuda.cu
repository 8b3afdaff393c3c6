// SPDX-License-Identifier: MIT
// rows.h on CUDA.
#include "kernels/column_strip.cuh"
#include "kernels/launch.h"
#include "kernels/row_walk.cuh"
#include "kernels/rows.h"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

__global__ void row_sum_kernel(const float* x, std::int64_t rows, std::int64_t cols, float* out,
                               bool accumulate) {
  for_each_row(rows, [&](std::int64_t i) {
    float sum = 0;
    for_each_column(
        cols, [&](std::int64_t j) { return x[i * cols + j]; },
        [&](std::int64_t, float value) { sum += value; });
    sum = warp_sum(sum);
    if (threadIdx.x % 32 == 0) out[i] = accumulate ? out[i] + sum : sum;
  });
}

__global__ void broadcast_columns_kernel(int width_log2, const float* v, std::int64_t rows,
                                         std::int64_t cols, float* out, bool accumulate) {
  const StripPlace place(width_log2);
  if (place.col >= cols) return;
  for (std::int64_t i = place.row; i < rows; i += place.row_step) {
    float* const element = out + i * cols + place.col;
    *element = accumulate ? *element + v[i] : v[i];
  }
}

// ---- launchers

void row_sum(CudaStream stream, const float* x, std::int64_t rows, std::int64_t cols, float* out,
             bool accumulate) {
  if (rows == 0) return;
  launch("row_sum", row_sum_kernel, blocks_for_rows(rows), kBlockSize, 0, stream, x, rows, cols,
         out, accumulate);
}

void broadcast_columns(CudaStream stream, const float* v, std::int64_t rows, std::int64_t cols,
                       float* out, bool accumulate) {
  if (rows == 0 || cols == 0) return;
  launch("broadcast_columns", broadcast_columns_kernel, strip_grid(rows, cols), kBlockSize, 0,
         stream, strip_width_log2(cols), v, rows, cols, out, accumulate);
}

}  // namespace kiln::kernels
