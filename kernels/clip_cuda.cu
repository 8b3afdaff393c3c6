// SPDX-License-Identifier: MIT
// clip.h on CUDA: the norm is one launch, 4 bytes of traffic per element; bounding them is another,
// which writes only what changes.
#include <cmath>

#include "kernels/clip.h"
#include "kernels/clip_rules.h"
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

struct SquareTerm {
  const float* x;

  template <int kWidth>
  __device__ Pack<kWidth> at(std::int64_t i) const {
    Pack<kWidth> pack = ArrayTerm{x}.at<kWidth>(i);
    for (int k = 0; k < kWidth; ++k) pack.at[k] *= pack.at[k];
    return pack;
  }
};

__global__ void clip_by_norm_kernel(float max_norm, float* norm, float* x, std::int64_t n) {
  const float length = std::sqrt(norm[1]);
  if (grid_thread() == 0) norm[0] = length;
  const float scale = norm_clip_scale(length, max_norm);
  if (scale == 1) return;
  map_elements(
      n, x, [&](float xi) { return scale * xi; }, x);
}

__global__ void clip_by_value_kernel(float max_value, float* x, std::int64_t n) {
  map_elements(
      n, x, [&](float xi) { return clipped(xi, max_value); }, x);
}

// ---- launchers

void clip_by_norm(CudaStream stream, float max_norm, float* x, std::int64_t n, float* norm,
                  float* workspace) {
  launch_sum("clip_by_norm", stream, SquareTerm{x}, n, 1, norm + 1, workspace);
  launch("clip_by_norm", clip_by_norm_kernel, blocks_for_packs(n), kBlockSize, 0, stream, max_norm,
         norm, x, n);
}

void clip_by_value(CudaStream stream, float max_value, float* x, std::int64_t n) {
  if (n == 0) return;
  launch("clip_by_value", clip_by_value_kernel, blocks_for_packs(n), kBlockSize, 0, stream,
         max_value, x, n);
}

}  // namespace kiln::kernels
