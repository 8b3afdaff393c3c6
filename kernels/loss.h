// SPDX-License-Identifier: MIT
// Mean losses over n elements; Loss is any struct of losses.h. The target is an array, or one value
// for all elements where `target` is null.
//   forward   out[0] = 1/n sum_i loss.value(x[i], t[i])           (n == 0 gives 0)
//   backward  dx[i] = dout[0]/n * loss.derivative(x[i], t[i]), or dx[i] += ... if accumulate
#pragma once

#include <cstdint>

#include "kernels/losses.h"
#include "kernels/reduce.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct LossTarget {
  const T* values = nullptr;
  T constant = 0;
};

template <class Loss, class T>
void loss_forward(CpuStream stream, Loss loss, const T* x, LossTarget<T> target, std::int64_t n,
                  T* out, T* workspace);
template <class Loss>
void loss_forward(CudaStream stream, Loss loss, const float* x, LossTarget<float> target,
                  std::int64_t n, float* out, float* workspace);

template <class Loss, class T>
void loss_backward(CpuStream stream, Loss loss, const T* dout, const T* x, LossTarget<T> target,
                   std::int64_t n, T* dx, bool accumulate);
template <class Loss>
void loss_backward(CudaStream stream, Loss loss, const float* dout, const float* x,
                   LossTarget<float> target, std::int64_t n, float* dx, bool accumulate);

}  // namespace kiln::kernels
