// SPDX-License-Identifier: MIT
#include "kernels/copy_columns.h"

namespace kiln::kernels {

template <class T>
void copy_columns(CpuStream, const T* x, std::int64_t x_width, T* out, std::int64_t out_width,
                  std::int64_t rows, std::int64_t cols, bool accumulate) {
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* x_row = x + i * x_width;
    T* out_row = out + i * out_width;
    for (std::int64_t j = 0; j < cols; ++j) {
      out_row[j] = accumulate ? out_row[j] + x_row[j] : x_row[j];
    }
  }
}

template void copy_columns(CpuStream, const float*, std::int64_t, float*, std::int64_t,
                           std::int64_t, std::int64_t, bool);
template void copy_columns(CpuStream, const double*, std::int64_t, double*, std::int64_t,
                           std::int64_t, std::int64_t, bool);

}  // namespace kiln::kernels
