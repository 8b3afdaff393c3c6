// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>

#include "kernels/embedding.h"

namespace kiln::kernels {

template <class T>
void embedding_forward(CpuStream, const T* weight, std::int64_t rows, std::int64_t cols,
                       const std::int32_t* labels, std::int64_t n, T* out) {
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t row = labels[i];
    if (row >= 0 && row < rows) {
      std::copy_n(weight + row * cols, cols, out + i * cols);
    } else {
      std::fill_n(out + i * cols, cols, std::numeric_limits<T>::quiet_NaN());
    }
  }
}

// A row's sum is complete before it is added to what was there, as on CUDA, where one thread makes
// it.
template <class T>
void embedding_backward(CpuStream, const T* dout, const std::int32_t* labels, std::int64_t n,
                        T* dweight, std::int64_t rows, std::int64_t cols, bool accumulate) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t j = 0; j < cols; ++j) {
      T sum = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        if (labels[i] == row) sum += dout[i * cols + j];
      }
      T& element = dweight[row * cols + j];
      element = accumulate ? element + sum : sum;
    }
  }
}

#define KILN_INSTANTIATE(T)                                                                    \
  template void embedding_forward(CpuStream, const T*, std::int64_t, std::int64_t,             \
                                  const std::int32_t*, std::int64_t, T*);                      \
  template void embedding_backward(CpuStream, const T*, const std::int32_t*, std::int64_t, T*, \
                                   std::int64_t, std::int64_t, bool);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
