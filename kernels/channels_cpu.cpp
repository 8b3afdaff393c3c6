// SPDX-License-Identifier: MIT
#include "kernels/channels.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {

// Every plane is summed by itself, so the bits do not depend on the number of threads.
template <class T>
void channel_sum(CpuStream, const T* x, std::int64_t batch, std::int64_t channels,
                 std::int64_t pixels, T* out, bool accumulate) {
  for (std::int64_t c = 0; c < channels; ++c) {
    double total = 0;
    for (std::int64_t n = 0; n < batch; ++n) {
      const T* const plane = x + (n * channels + c) * pixels;
      T sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t p = 0; p < pixels; ++p) sum += plane[p];
      total += static_cast<double>(sum);
    }
    out[c] = accumulate ? out[c] + static_cast<T>(total) : static_cast<T>(total);
  }
}

template <class T>
void broadcast_channels(CpuStream, const T* v, std::int64_t batch, std::int64_t channels,
                        std::int64_t pixels, T* out, bool accumulate) {
  parallel_for(batch * channels * pixels, kParallelGrain,
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T value = v[i / pixels % channels];
                   out[i] = accumulate ? out[i] + value : value;
                 }
               });
}

#define KILN_INSTANTIATE(T)                                                                       \
  template void channel_sum(CpuStream, const T*, std::int64_t, std::int64_t, std::int64_t, T*,    \
                            bool);                                                                \
  template void broadcast_channels(CpuStream, const T*, std::int64_t, std::int64_t, std::int64_t, \
                                   T*, bool);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
