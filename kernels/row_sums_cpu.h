// SPDX-License-Identifier: MIT
// The sum of a row on the CPU.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/parallel_cpu.h"

namespace kiln::kernels {

// f(j) for j < cols, in sixteen partial sums, which round less than one, and alike at any
// optimisation.
template <class T, class F>
T sum_of_row(std::int64_t cols, F f) {
  constexpr std::int64_t kPartialSums = 16;
  T sums[kPartialSums] = {};
  std::int64_t j = 0;
  for (; j + kPartialSums <= cols; j += kPartialSums) {
    for (std::int64_t i = 0; i < kPartialSums; ++i) sums[i] += f(j + i);
  }
  for (std::int64_t i = 0; j + i < cols; ++i) sums[i] += f(j + i);
  for (std::int64_t half = kPartialSums / 2; half > 0; half /= 2) {
    for (std::int64_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}

// Rows of so many columns that are worth a thread.
inline std::int64_t row_grain(std::int64_t cols) {
  return std::max<std::int64_t>(kParallelGrain / (cols + 1), 64);
}

}  // namespace kiln::kernels
