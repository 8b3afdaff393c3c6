// SPDX-License-Identifier: MIT
// log_sum_exp.h on CUDA.
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"
#include "kernels/log_sum_exp.h"

namespace kiln::kernels {

// ---- kernels

__global__ void column_log_sum_exp_kernel(const float* x, std::int64_t rows, std::int64_t cols,
                                          float* out) {
  for (std::int64_t j = grid_thread(); j < cols; j += grid_threads()) {
    out[j] = log_sum_exp_of(x + j, rows, cols);
  }
}

// ---- launchers

void column_log_sum_exp(CudaStream stream, const float* x, std::int64_t rows, std::int64_t cols,
                        float* out) {
  if (cols == 0) return;
  launch("column_log_sum_exp", column_log_sum_exp_kernel, blocks_for(cols), kBlockSize, 0, stream,
         x, rows, cols, out);
}

}  // namespace kiln::kernels
