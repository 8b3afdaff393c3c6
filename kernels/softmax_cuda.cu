// SPDX-License-Identifier: MIT
// softmax.h on CUDA.
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"
#include "kernels/softmax.h"

namespace kiln::kernels {

// ---- kernels

__global__ void softmax_kernel(const float* x, std::int64_t rows, std::int64_t classes, float* y) {
  for (std::int64_t i = grid_thread(); i < rows; i += grid_threads()) {
    const float* const x_row = x + i * classes;
    const SoftmaxRow<float> row(x_row, classes);
    for (std::int64_t j = 0; j < classes; ++j) y[i * classes + j] = row.probability(x_row[j]);
  }
}

// ---- launchers

void softmax(CudaStream stream, const float* x, std::int64_t rows, std::int64_t classes, float* y) {
  if (rows == 0) return;
  launch("softmax", softmax_kernel, blocks_for(rows), kBlockSize, 0, stream, x, rows, classes, y);
}

}  // namespace kiln::kernels
