// SPDX-License-Identifier: MIT
#include "kernels/parallel_cpu.h"
#include "kernels/row_sums_cpu.h"
#include "kernels/rows.h"

namespace kiln::kernels {
template <class T>
void row_sum(CpuStream, const T* x, std::int64_t rows, std::int64_t cols, T* out, bool accumulate) {
  parallel_for(rows, row_grain(cols), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* const row = x + i * cols;
      const T sum = sum_of_row<T>(cols, [=](std::int64_t j) { return row[j]; });
      out[i] = accumulate ? out[i] + sum : sum;
    }
  });
}

template <class T>
void broadcast_columns(CpuStream, const T* v, std::int64_t rows, std::int64_t cols, T* out,
                       bool accumulate) {
  parallel_for(rows, row_grain(cols), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t j = 0; j < cols; ++j) {
        out[i * cols + j] = accumulate ? out[i * cols + j] + v[i] : v[i];
      }
    }
  });
}

#define KILN_INSTANTIATE(T)                                                         \
  template void row_sum(CpuStream, const T*, std::int64_t, std::int64_t, T*, bool); \
  template void broadcast_columns(CpuStream, const T*, std::int64_t, std::int64_t, T*, bool);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
