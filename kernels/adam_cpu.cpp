// SPDX-License-Identifier: MIT
#include "kernels/adam.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {

template <class T>
void adam(CpuStream, const AdamStep<T>& step, T* p, const T* grad, T* m, T* v, std::int64_t n) {
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) step.update(p[i], grad[i], m[i], v[i]);
  });
}

template void adam(CpuStream, const AdamStep<float>&, float*, const float*, float*, float*,
                   std::int64_t);
template void adam(CpuStream, const AdamStep<double>&, double*, const double*, double*, double*,
                   std::int64_t);

}  // namespace kiln::kernels
