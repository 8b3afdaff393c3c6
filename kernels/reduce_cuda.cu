// SPDX-License-Identifier: MIT
// reduce.h on CUDA.
#include "kernels/column_strip.cuh"
#include "kernels/launch.h"
#include "kernels/reduce.h"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

__global__ void column_sum_kernel(int width_log2, const float* x, std::int64_t rows,
                                  std::int64_t cols, float* out, bool accumulate) {
  const auto value = [&](std::int64_t i) { return x[i]; };
  sum_strip(
      width_log2, rows, cols, value, [](std::int64_t, float) {}, out, accumulate);
}

__global__ void broadcast_rows_kernel(int width_log2, const float* v, std::int64_t rows,
                                      std::int64_t cols, float* out, bool accumulate) {
  const StripPlace place(width_log2);
  if (place.col >= cols) return;
  const float value = v[place.col];
  for (std::int64_t i = place.row; i < rows; i += place.row_step) {
    float* const element = out + i * cols + place.col;
    *element = accumulate ? *element + value : value;
  }
}

// ---- launchers

void sum(CudaStream stream, const float* x, std::int64_t n, float scale, float* out,
         float* workspace) {
  launch_sum("sum", stream, ArrayTerm{x}, n, scale, out, workspace);
}

void column_sum(CudaStream stream, const float* x, std::int64_t rows, std::int64_t cols, float* out,
                bool accumulate) {
  if (cols == 0 || (rows == 0 && accumulate)) return;
  launch("column_sum", column_sum_kernel, strips_of(cols), kBlockSize, 0, stream,
         strip_width_log2(cols), x, rows, cols, out, accumulate);
}

void broadcast_rows(CudaStream stream, const float* v, std::int64_t rows, std::int64_t cols,
                    float* out, bool accumulate) {
  if (rows == 0 || cols == 0) return;
  launch("broadcast_rows", broadcast_rows_kernel, strip_grid(rows, cols), kBlockSize, 0, stream,
         strip_width_log2(cols), v, rows, cols, out, accumulate);
}

}  // namespace kiln::kernels
