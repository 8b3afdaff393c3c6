// SPDX-License-Identifier: MIT
#include <algorithm>

#include "kernels/activation_backward.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {
namespace {

// Columns handled together: a strip of db stays in L1 while its rows stream past.
constexpr std::int64_t kStrip = 512;

template <class Op, class T>
void run_strip(Op op, const T* dy, const T* y, T* dz, T* db, std::int64_t rows, std::int64_t cols,
               std::int64_t begin, std::int64_t end, bool accumulate) {
  T sums[kStrip] = {};
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* dy_row = dy + i * cols;
    const T* y_row = y == nullptr ? dy_row : y + i * cols;
    for (std::int64_t j = begin; j < end; ++j) {
      const T value = dy_row[j] * op.derivative(y_row[j], y_row[j]);
      if (dz != nullptr) dz[i * cols + j] = value;
      sums[j - begin] += value;
    }
  }
  if (db == nullptr) return;
  for (std::int64_t j = begin; j < end; ++j) {
    db[j] = accumulate ? db[j] + sums[j - begin] : sums[j - begin];
  }
}

}  // namespace

template <class T>
void activation_backward(CpuStream, Activation activation, const T* dy, const T* y, T* dz, T* db,
                         std::int64_t rows, std::int64_t cols, bool accumulate) {
  const std::int64_t grain =
      std::max<std::int64_t>(kParallelGrain / std::max<std::int64_t>(rows, 1), 64);
  with_activation(activation, [&](auto op) {
    parallel_for(cols, grain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t begin = first; begin < last; begin += kStrip) {
        run_strip(op, dy, y, dz, db, rows, cols, begin, std::min(begin + kStrip, last), accumulate);
      }
    });
  });
}

template void activation_backward(CpuStream, Activation, const float*, const float*, float*, float*,
                                  std::int64_t, std::int64_t, bool);
template void activation_backward(CpuStream, Activation, const double*, const double*, double*,
                                  double*, std::int64_t, std::int64_t, bool);

}  // namespace kiln::kernels
