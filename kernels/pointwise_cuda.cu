// SPDX-License-Identifier: MIT
// pointwise.h on CUDA: bound by memory, so the only concern is wide accesses.
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"
#include "kernels/pointwise.h"

namespace kiln::kernels {

// ---- kernels

template <class Op>
__global__ void pointwise_forward_kernel(Op op, const float* x, float* y, std::int64_t n) {
  map_elements(
      n, y, [&](float xi) { return op.forward(xi); }, x);
}

// A derivative that ignores x or y lets the compiler drop that load.
template <class Op>
__global__ void pointwise_backward_kernel(Op op, const float* dy, const float* x, const float* y,
                                          float* dx, std::int64_t n, bool accumulate) {
  const auto gradient = [&](float dyi, float xi, float yi) { return dyi * op.derivative(xi, yi); };
  if (accumulate) {
    const auto add = [&](float dyi, float xi, float yi, float old) {
      return old + gradient(dyi, xi, yi);
    };
    map_elements(n, dx, add, dy, x, y, dx);
  } else {
    map_elements(n, dx, gradient, dy, x, y);
  }
}

// ---- launchers

template <class Op>
void pointwise_forward(CudaStream stream, Op op, const float* x, float* y, std::int64_t n) {
  if (n == 0) return;
  launch(Op::name, pointwise_forward_kernel<Op>, blocks_for_packs(n), kBlockSize, 0, stream, op, x,
         y, n);
}

template <class Op>
void pointwise_backward(CudaStream stream, Op op, const float* dy, const float* x, const float* y,
                        float* dx, std::int64_t n, bool accumulate) {
  if (n == 0) return;
  launch(Op::name, pointwise_backward_kernel<Op>, blocks_for_packs(n), kBlockSize, 0, stream, op,
         dy, x, y, dx, n, accumulate);
}

#define KILN_INSTANTIATE(Op, op_name)                                                            \
  template void pointwise_forward<Op>(CudaStream, Op, const float*, float*, std::int64_t);       \
  template void pointwise_backward<Op>(CudaStream, Op, const float*, const float*, const float*, \
                                       float*, std::int64_t, bool);
KILN_POINTWISE_OPS(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
