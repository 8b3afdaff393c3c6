// SPDX-License-Identifier: MIT
// adam.h on CUDA: one launch for the whole arena, 28 bytes of traffic per parameter.
#include "kernels/adam.h"
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

__global__ void adam_kernel(AdamStep<float> step, float* p, const float* grad, float* m, float* v,
                            std::int64_t n) {
  for_each_pack(n, is_aligned_for<4>(p, grad, m, v), [&](auto width, std::int64_t i) {
    constexpr int kWidth = decltype(width)::value;
    auto p_pack = load_pack<kWidth>(p + i);
    auto m_pack = load_pack<kWidth>(m + i);
    auto v_pack = load_pack<kWidth>(v + i);
    const auto g_pack = load_pack<kWidth>(grad + i);
    for (int k = 0; k < kWidth; ++k) {
      step.update(p_pack.at[k], g_pack.at[k], m_pack.at[k], v_pack.at[k]);
    }
    store_pack<kWidth>(p + i, p_pack);
    store_pack<kWidth>(m + i, m_pack);
    store_pack<kWidth>(v + i, v_pack);
  });
}

// ---- launchers

void adam(CudaStream stream, const AdamStep<float>& step, float* p, const float* grad, float* m,
          float* v, std::int64_t n) {
  if (n == 0) return;
  launch("adam", adam_kernel, blocks_for_packs(n), kBlockSize, 0, stream, step, p, grad, m, v, n);
}

}  // namespace kiln::kernels
