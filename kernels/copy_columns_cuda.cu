// SPDX-License-Identifier: MIT
// copy_columns.h on CUDA. Rows of any two widths are aligned alike only by chance, so accesses are
// of single floats, neighbouring threads on neighbouring columns.
#include "kernels/column_strip.cuh"
#include "kernels/copy_columns.h"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

__global__ void copy_columns_kernel(int width_log2, const float* x, std::int64_t x_width,
                                    float* out, std::int64_t out_width, std::int64_t rows,
                                    std::int64_t cols, bool accumulate) {
  const StripPlace place(width_log2);
  if (place.col >= cols) return;
  for (std::int64_t i = place.row; i < rows; i += place.row_step) {
    const float value = x[i * x_width + place.col];
    float* const element = out + i * out_width + place.col;
    *element = accumulate ? *element + value : value;
  }
}

// ---- launchers

void copy_columns(CudaStream stream, const float* x, std::int64_t x_width, float* out,
                  std::int64_t out_width, std::int64_t rows, std::int64_t cols, bool accumulate) {
  if (rows == 0 || cols == 0) return;
  launch("copy_columns", copy_columns_kernel, strip_grid(rows, cols), kBlockSize, 0, stream,
         strip_width_log2(cols), x, x_width, out, out_width, rows, cols, accumulate);
}

}  // namespace kiln::kernels
