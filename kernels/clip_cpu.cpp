// SPDX-License-Identifier: MIT
#include <cmath>

#include "kernels/clip.h"
#include "kernels/clip_rules.h"
#include "kernels/parallel_cpu.h"
#include "kernels/partial_sums_cpu.h"

namespace kiln::kernels {

template <class T>
void clip_by_norm(CpuStream, T max_norm, T* x, std::int64_t n, T* norm, T* workspace) {
  norm[1] = sum_of<T>(n, workspace, [=](std::int64_t i) { return x[i] * x[i]; });
  norm[0] = std::sqrt(norm[1]);
  const T scale = norm_clip_scale(norm[0], max_norm);
  if (scale == 1) return;
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) x[i] *= scale;
  });
}

template <class T>
void clip_by_value(CpuStream, T max_value, T* x, std::int64_t n) {
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) x[i] = clipped(x[i], max_value);
  });
}

#define KILN_INSTANTIATE(T)                                           \
  template void clip_by_norm(CpuStream, T, T*, std::int64_t, T*, T*); \
  template void clip_by_value(CpuStream, T, T*, std::int64_t);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
