// SPDX-License-Identifier: MIT
// Pointwise ops over n elements; Op is any struct of pointwise_ops.h.
//   forward   y[i] = op.forward(x[i])
//   backward  dx[i] = dy[i] * op.derivative(x[i], y[i]), or dx[i] += ... if accumulate
// In place (y == x, dx == dy) is allowed.
#pragma once

#include <cstdint>

#include "kernels/pointwise_ops.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class Op, class T>
void pointwise_forward(CpuStream stream, Op op, const T* x, T* y, std::int64_t n);
template <class Op>
void pointwise_forward(CudaStream stream, Op op, const float* x, float* y, std::int64_t n);

template <class Op, class T>
void pointwise_backward(CpuStream stream, Op op, const T* dy, const T* x, const T* y, T* dx,
                        std::int64_t n, bool accumulate);
template <class Op>
void pointwise_backward(CudaStream stream, Op op, const float* dy, const float* x, const float* y,
                        float* dx, std::int64_t n, bool accumulate);

}  // namespace kiln::kernels
