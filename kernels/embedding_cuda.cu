// SPDX-License-Identifier: MIT
// embedding.h on CUDA. Backward, a thread owns an element of the table and looks through the
// labels: no atomics, and the neighbours of a warp read the same label and neighbouring gradients.
#include <cmath>

#include "kernels/column_strip.cuh"
#include "kernels/embedding.h"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

__global__ void embedding_forward_kernel(int width_log2, const float* weight, std::int64_t rows,
                                         std::int64_t cols, const std::int32_t* labels,
                                         std::int64_t n, float* out) {
  const StripPlace place(width_log2);
  if (place.col >= cols) return;
  for (std::int64_t i = place.row; i < n; i += place.row_step) {
    const std::int64_t row = labels[i];
    const bool exists = row >= 0 && row < rows;
    out[i * cols + place.col] = exists ? weight[row * cols + place.col] : NAN;
  }
}

__global__ void embedding_backward_kernel(int width_log2, const float* dout,
                                          const std::int32_t* labels, std::int64_t n,
                                          float* dweight, std::int64_t rows, std::int64_t cols,
                                          bool accumulate) {
  const StripPlace place(width_log2);
  if (place.col >= cols) return;
  for (std::int64_t row = place.row; row < rows; row += place.row_step) {
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      if (labels[i] == row) sum += dout[i * cols + place.col];
    }
    float* const element = dweight + row * cols + place.col;
    *element = accumulate ? *element + sum : sum;
  }
}

// ---- launchers

void embedding_forward(CudaStream stream, const float* weight, std::int64_t rows, std::int64_t cols,
                       const std::int32_t* labels, std::int64_t n, float* out) {
  if (n == 0 || cols == 0) return;
  launch("embedding", embedding_forward_kernel, strip_grid(n, cols), kBlockSize, 0, stream,
         strip_width_log2(cols), weight, rows, cols, labels, n, out);
}

void embedding_backward(CudaStream stream, const float* dout, const std::int32_t* labels,
                        std::int64_t n, float* dweight, std::int64_t rows, std::int64_t cols,
                        bool accumulate) {
  if (rows == 0 || cols == 0) return;
  launch("embedding", embedding_backward_kernel, strip_grid(rows, cols), kBlockSize, 0, stream,
         strip_width_log2(cols), dout, labels, n, dweight, rows, cols, accumulate);
}

}  // namespace kiln::kernels
