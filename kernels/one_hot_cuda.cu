// SPDX-License-Identifier: MIT
// one_hot.h on CUDA: every element is written once, in the order of memory.
#include "kernels/column_strip.cuh"
#include "kernels/launch.h"
#include "kernels/one_hot.h"

namespace kiln::kernels {

// ---- kernels

__global__ void one_hot_kernel(int width_log2, const std::int32_t* labels, std::int64_t n,
                               std::int64_t classes, float* out) {
  const StripPlace place(width_log2);
  if (place.col >= classes) return;
  for (std::int64_t i = place.row; i < n; i += place.row_step) {
    out[i * classes + place.col] = place.col == labels[i] ? 1.0f : 0.0f;
  }
}

// ---- launchers

void one_hot(CudaStream stream, const std::int32_t* labels, std::int64_t n, std::int64_t classes,
             float* out) {
  if (n == 0 || classes == 0) return;
  launch("one_hot", one_hot_kernel, strip_grid(n, classes), kBlockSize, 0, stream,
         strip_width_log2(classes), labels, n, classes, out);
}

}  // namespace kiln::kernels
