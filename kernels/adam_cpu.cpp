// SPDX-License-Identifier: MIT
#include "kernels/adam.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {

template <class T>
void adam(CpuStream, const AdamConfig& config, AdamState<T>* state, const AdamArrays<T>& arrays) {
  const AdamRule<T> rule(config);
  const AdamState<T> now = *state;
  const AdamArrays<T> a = arrays;
  parallel_for(a.n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
    // clang-tidy takes loops under a pragma for equal.
    if (a.average == nullptr) {  // NOLINT(bugprone-branch-clone)
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) {
        rule.update(now, a.p[i], a.grad[i], a.m[i], a.v[i]);
      }
    } else {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) {
        rule.update(now, a.p[i], a.grad[i], a.m[i], a.v[i]);
        a.average[i] += now.average_weight * (a.p[i] - a.average[i]);
      }
    }
  });
  state->advance(config);
}

template void adam(CpuStream, const AdamConfig&, AdamState<float>*, const AdamArrays<float>&);
template void adam(CpuStream, const AdamConfig&, AdamState<double>*, const AdamArrays<double>&);

}  // namespace kiln::kernels
