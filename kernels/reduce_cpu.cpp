// SPDX-License-Identifier: MIT
#include "kernels/partial_sums_cpu.h"
#include "kernels/reduce.h"

namespace kiln::kernels {

template <class T>
void sum(CpuStream, const T* x, std::int64_t n, T scale, T* out, T* workspace) {
  const T total = sum_of<T>(n, workspace, [=](std::int64_t i) { return x[i]; });
  out[0] = n == 0 ? T(0) : scale * total;  // scale may be 1/n
}

template <class T>
void column_sum(CpuStream, const T* x, std::int64_t rows, std::int64_t cols, T* out,
                bool accumulate) {
  parallel_for(cols, std::max<std::int64_t>(kParallelGrain / std::max<std::int64_t>(rows, 1), 64),
               [=](std::int64_t begin, std::int64_t end) {
                 if (!accumulate) std::fill(out + begin, out + end, T(0));
                 for (std::int64_t i = 0; i < rows; ++i) {
                   for (std::int64_t j = begin; j < end; ++j) out[j] += x[i * cols + j];
                 }
               });
}

template <class T>
void broadcast_rows(CpuStream, const T* v, std::int64_t rows, std::int64_t cols, T* out,
                    bool accumulate) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) {
      out[i * cols + j] = accumulate ? out[i * cols + j] + v[j] : v[j];
    }
  }
}

#define KILN_INSTANTIATE(T)                                                            \
  template void sum(CpuStream, const T*, std::int64_t, T, T*, T*);                     \
  template void column_sum(CpuStream, const T*, std::int64_t, std::int64_t, T*, bool); \
  template void broadcast_rows(CpuStream, const T*, std::int64_t, std::int64_t, T*, bool);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
