// SPDX-License-Identifier: MIT
// Softmax over the rows of x (rows, classes):
//   y[i,j] = exp(x[i,j] - m_i) / sum_k exp(x[i,k] - m_i)      m_i = max_k x[i,k]
// so that nothing overflows. A row with NaN or +inf in it gives NaN. On CUDA a thread computes a
// row, which suits classifiers with tens of classes. classes is at least 1.
#pragma once

#include <cstdint>

#include "kernels/scalar_math.h"
#include "kernels/stream.h"

namespace kiln::kernels {

// What the probabilities of a row have in common.
template <class T>
struct SoftmaxRow {
  T max;
  T sum = 0;

  KILN_HOST_DEVICE SoftmaxRow(const T* x, std::int64_t classes) : max(x[0]) {
    for (std::int64_t j = 1; j < classes; ++j) max = x[j] > max ? x[j] : max;
    for (std::int64_t j = 0; j < classes; ++j) sum += exp(x[j] - max);
  }
  KILN_HOST_DEVICE T probability(T x) const { return exp(x - max) / sum; }
};

template <class T>
void softmax(CpuStream stream, const T* x, std::int64_t rows, std::int64_t classes, T* y);
void softmax(CudaStream stream, const float* x, std::int64_t rows, std::int64_t classes, float* y);

}  // namespace kiln::kernels
