// SPDX-License-Identifier: MIT
#include "kernels/parallel_cpu.h"
#include "kernels/rows.h"

namespace kiln::kernels {
namespace {

// In sixteen partial sums, which round less than one, and alike at any optimisation.
template <class T>
T sum_of_row(const T* x, std::int64_t cols) {
  constexpr std::int64_t kLanes = 16;
  T lanes[kLanes] = {};
  std::int64_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += x[j + lane];
  }
  for (std::int64_t lane = 0; j + lane < cols; ++lane) lanes[lane] += x[j + lane];
  for (std::int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

}  // namespace

template <class T>
void row_sum(CpuStream, const T* x, std::int64_t rows, std::int64_t cols, T* out, bool accumulate) {
  const std::int64_t grain = std::max<std::int64_t>(kParallelGrain / (cols + 1), 64);
  parallel_for(rows, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T sum = sum_of_row(x + i * cols, cols);
      out[i] = accumulate ? out[i] + sum : sum;
    }
  });
}

template <class T>
void broadcast_columns(CpuStream, const T* v, std::int64_t rows, std::int64_t cols, T* out,
                       bool accumulate) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) {
      out[i * cols + j] = accumulate ? out[i * cols + j] + v[i] : v[i];
    }
  }
}

#define KILN_INSTANTIATE(T)                                                         \
  template void row_sum(CpuStream, const T*, std::int64_t, std::int64_t, T*, bool); \
  template void broadcast_columns(CpuStream, const T*, std::int64_t, std::int64_t, T*, bool);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
