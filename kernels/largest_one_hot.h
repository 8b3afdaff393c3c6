// SPDX-License-Identifier: MIT
// Which of a row's first numbers is the largest: for rows x and out, `x_width` and `out_width`
// apart,
//   out[i,j] = value where x[i,j] is the first largest of x[i,0] .. x[i,count-1], else 0
// A NaN counts as larger than any number, and makes its place NaN.
#pragma once

#include <cstdint>

#include "kernels/host_device.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct LargestOneHotArgs {
  const T* x = nullptr;
  std::int64_t x_width = 0;
  std::int64_t rows = 0;
  std::int64_t count = 0;
  T value = 1;
  T* out = nullptr;
  std::int64_t out_width = 0;
};

// Of one row: out[j].
template <class T>
KILN_HOST_DEVICE T largest_one_hot_at(const T* row, std::int64_t count, std::int64_t j, T value) {
  const T x = row[j];
  if (x != x) return x;
  for (std::int64_t k = 0; k < count; ++k) {
    const bool is_less = k < j ? row[k] < x : row[k] <= x;
    if (!is_less) return T(0);
  }
  return value;
}

template <class T>
void largest_one_hot(CpuStream stream, const LargestOneHotArgs<T>& args);
void largest_one_hot(CudaStream stream, const LargestOneHotArgs<float>& args);

}  // namespace kiln::kernels
