// SPDX-License-Identifier: MIT
// adam.h on CUDA: one launch for the whole arena, 28 bytes of traffic per parameter, 36 with an
// average.
#include "kernels/adam.h"
#include "kernels/elementwise.cuh"
#include "kernels/last_block.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

__global__ void adam_kernel(AdamConfig config, AdamRule<float> rule, AdamState<float>* state,
                            AdamArrays<float> arrays, unsigned* ticket) {
  const AdamState<float> now = *state;
  const bool aligned = is_aligned_for<4>(arrays.p, arrays.grad, arrays.m, arrays.v, arrays.average);
  for_each_pack(arrays.n, aligned, [&](auto width, std::int64_t i) {
    constexpr int kWidth = decltype(width)::value;
    auto p = load_pack<kWidth>(arrays.p + i);
    auto m = load_pack<kWidth>(arrays.m + i);
    auto v = load_pack<kWidth>(arrays.v + i);
    const auto grad = load_pack<kWidth>(arrays.grad + i);
    auto average = load_pack_or<kWidth>(arrays.average, i, 0.0f);
    for (int k = 0; k < kWidth; ++k) {
      rule.update(now, p.at[k], grad.at[k], m.at[k], v.at[k]);
      average.at[k] += now.average_weight * (p.at[k] - average.at[k]);
    }
    store_pack<kWidth>(arrays.p + i, p);
    store_pack<kWidth>(arrays.m + i, m);
    store_pack<kWidth>(arrays.v + i, v);
    if (arrays.average != nullptr) store_pack<kWidth>(arrays.average + i, average);
  });
  if (is_last_block(ticket, gridDim.x) && threadIdx.x == 0) state->advance(config);
}

// ---- launchers

void adam(CudaStream stream, const AdamConfig& config, AdamState<float>* state,
          const AdamArrays<float>& arrays) {
  launch("adam", adam_kernel, blocks_for_packs(arrays.n), kBlockSize, 0, stream, config,
         AdamRule<float>(config), state, arrays, stream.scratch.tickets);
}

}  // namespace kiln::kernels
