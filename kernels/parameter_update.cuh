// SPDX-License-Identifier: MIT
// The pass of parameter_update.h on CUDA, for one kernel a rule: 16-byte accesses, and the state is
// moved on by the last block.
#pragma once

#include "kernels/elementwise.cuh"
#include "kernels/last_block.cuh"
#include "kernels/launch.h"
#include "kernels/parameter_update.h"

namespace kiln::kernels {

template <class Config, class Rule, class State>
__device__ __forceinline__ void update_parameters(const Config& config, const Rule& rule,
                                                  State* state,
                                                  const ParameterArrays<float>& arrays,
                                                  unsigned* ticket) {
  const State now = *state;
  const bool aligned = is_aligned_for<4>(arrays.p, arrays.grad, arrays.m, arrays.v, arrays.average);
  for_each_pack(arrays.n, aligned, [&](auto width, std::int64_t i) {
    constexpr int kWidth = decltype(width)::value;
    auto p = load_pack<kWidth>(arrays.p + i);
    auto m = load_pack_or<kWidth>(arrays.m, i, 0.0f);
    auto v = load_pack_or<kWidth>(arrays.v, i, 0.0f);
    const auto grad = load_pack<kWidth>(arrays.grad + i);
    auto average = load_pack_or<kWidth>(arrays.average, i, 0.0f);
    for (int k = 0; k < kWidth; ++k) {
      rule.update(now, p.at[k], grad.at[k], m.at[k], v.at[k]);
      average.at[k] += now.average_weight * (p.at[k] - average.at[k]);
    }
    store_pack<kWidth>(arrays.p + i, p);
    if (arrays.m != nullptr) store_pack<kWidth>(arrays.m + i, m);
    if (arrays.v != nullptr) store_pack<kWidth>(arrays.v + i, v);
    if (arrays.average != nullptr) store_pack<kWidth>(arrays.average + i, average);
  });
  if (is_last_block(ticket, gridDim.x) && threadIdx.x == 0) state->advance(config);
}

}  // namespace kiln::kernels
