// SPDX-License-Identifier: MIT
#include "kernels/log_sum_exp.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {

template <class T>
void column_log_sum_exp(CpuStream, const T* x, std::int64_t rows, std::int64_t cols, T* out) {
  parallel_for(cols, kParallelGrain / rows, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) out[j] = log_sum_exp_of(x + j, rows, cols);
  });
}

template void column_log_sum_exp(CpuStream, const float*, std::int64_t, std::int64_t, float*);
template void column_log_sum_exp(CpuStream, const double*, std::int64_t, std::int64_t, double*);

}  // namespace kiln::kernels
