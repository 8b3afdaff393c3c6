// SPDX-License-Identifier: MIT
// Logarithms of sums of exponentials over the columns of x (rows, cols):
//   out[j] = m_j + log sum_i exp(x[i,j] - m_j)      m_j = max_i x[i,j]
// so that nothing overflows. A column of -inf alone gives -inf; one with NaN or +inf in it gives
// NaN. On CUDA a thread computes a column, which suits few rows. rows is at least 1.
#pragma once

#include <cstdint>

#include "kernels/scalar_math.h"
#include "kernels/stream.h"

namespace kiln::kernels {

// Of one column, whose elements are `cols` apart.
template <class T>
KILN_HOST_DEVICE T log_sum_exp_of(const T* x, std::int64_t rows, std::int64_t cols) {
  T max = x[0];
  for (std::int64_t i = 1; i < rows; ++i) max = x[i * cols] > max ? x[i * cols] : max;
  if (max == -static_cast<T>(INFINITY)) return max;
  T sum = 0;
  for (std::int64_t i = 0; i < rows; ++i) sum += exp(x[i * cols] - max);
  return max + log(sum);
}

template <class T>
void column_log_sum_exp(CpuStream stream, const T* x, std::int64_t rows, std::int64_t cols, T* out);
void column_log_sum_exp(CudaStream stream, const float* x, std::int64_t rows, std::int64_t cols,
                        float* out);

}  // namespace kiln::kernels
