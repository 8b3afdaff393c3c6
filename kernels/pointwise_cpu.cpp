// SPDX-License-Identifier: MIT
#include "kernels/parallel_cpu.h"
#include "kernels/pointwise.h"

namespace kiln::kernels {

template <class Op, class T>
void pointwise_forward(CpuStream, Op op, const T* x, T* y, std::int64_t n) {
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) y[i] = op.forward(x[i]);
  });
}

template <class Op, class T>
void pointwise_backward(CpuStream, Op op, const T* dy, const T* x, const T* y, T* dx,
                        std::int64_t n, bool accumulate) {
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
    if (accumulate) {
      for (std::int64_t i = begin; i < end; ++i) dx[i] += dy[i] * op.derivative(x[i], y[i]);
    } else {
      for (std::int64_t i = begin; i < end; ++i) dx[i] = dy[i] * op.derivative(x[i], y[i]);
    }
  });
}

#define KILN_INSTANTIATE_TYPE(Op, T)                                                              \
  template void pointwise_forward(CpuStream, Op, const T*, T*, std::int64_t);                     \
  template void pointwise_backward(CpuStream, Op, const T*, const T*, const T*, T*, std::int64_t, \
                                   bool);
#define KILN_INSTANTIATE(Op, snake_case_name) \
  KILN_INSTANTIATE_TYPE(Op, float)            \
  KILN_INSTANTIATE_TYPE(Op, double)
KILN_POINTWISE_OPS(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE
#undef KILN_INSTANTIATE_TYPE

}  // namespace kiln::kernels
