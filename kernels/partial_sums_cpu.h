// SPDX-License-Identifier: MIT
// The CPU's deterministic sum: a partition that depends on n alone, never on the thread count.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/parallel_cpu.h"
#include "kernels/reduce.h"

namespace kiln::kernels {

// sum of f(begin, end), that of a part, over all parts of [0, n); partial sums go to `workspace`
// (kSumWorkspace elements).
template <class T, class F>
T sum_of_parts(std::int64_t n, T* workspace, F f) {
  constexpr std::int64_t kLeastPart = 512;
  const std::int64_t part = std::max((n + kSumWorkspace - 1) / kSumWorkspace, kLeastPart);
  const std::int64_t parts = (n + part - 1) / part;
  parallel_for(parts, std::max<std::int64_t>(kParallelGrain / part, 1),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t p = begin; p < end; ++p) {
                   workspace[p] = f(p * part, std::min((p + 1) * part, n));
                 }
               });
  double total = 0;
  for (std::int64_t p = 0; p < parts; ++p) total += static_cast<double>(workspace[p]);
  return static_cast<T>(total);
}

// sum of f(i) over i in [0, n)
template <class T, class F>
T sum_of(std::int64_t n, T* workspace, F f) {
  return sum_of_parts<T>(n, workspace, [f](std::int64_t begin, std::int64_t end) {
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = begin; i < end; ++i) sum += f(i);
    return sum;
  });
}

}  // namespace kiln::kernels
