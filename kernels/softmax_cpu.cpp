// SPDX-License-Identifier: MIT
#include "kernels/parallel_cpu.h"
#include "kernels/softmax.h"

namespace kiln::kernels {

template <class T>
void softmax(CpuStream, const T* x, std::int64_t rows, std::int64_t classes, T* y) {
  parallel_for(rows, kParallelGrain / classes, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* const x_row = x + i * classes;
      const SoftmaxRow<T> row(x_row, classes);
      for (std::int64_t j = 0; j < classes; ++j) y[i * classes + j] = row.probability(x_row[j]);
    }
  });
}

template void softmax(CpuStream, const float*, std::int64_t, std::int64_t, float*);
template void softmax(CpuStream, const double*, std::int64_t, std::int64_t, double*);

}  // namespace kiln::kernels
