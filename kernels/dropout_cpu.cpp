// SPDX-License-Identifier: MIT
#include "kernels/dropout.h"
#include "kernels/noise.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {

template <class T>
void dropout(CpuStream stream, std::uint64_t seed, std::uint64_t* counter, float rate, const T* x,
             T* mask, T* y, std::int64_t n) {
  random_uniform(stream, seed, counter, mask, n);
  const T scale = static_cast<T>(dropout_scale(rate));
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      mask[i] = mask[i] > static_cast<T>(rate) ? scale : T(0);
      y[i] = x[i] * mask[i];
    }
  });
}

template void dropout(CpuStream, std::uint64_t, std::uint64_t*, float, const float*, float*, float*,
                      std::int64_t);
template void dropout(CpuStream, std::uint64_t, std::uint64_t*, float, const double*, double*,
                      double*, std::int64_t);

}  // namespace kiln::kernels
