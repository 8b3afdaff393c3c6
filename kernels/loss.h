// SPDX-License-Identifier: MIT
// Losses over n elements; Loss is any struct of losses.h. The target is an array, or one value for
// all elements where `target` is null. scale = 1/n makes a mean.
//   forward   out[0] = scale * sum_i w[i] loss.value(x[i], t[i])           (n == 0 gives 0)
//             dx[i]  = scale * w[i] * loss.derivative(x[i], t[i]) * act'(x[i]), where dx is not
//             null; every weight w is 1 where `weights` is null
//   backward  dx[i]  = dout[0] * scale * loss.derivative(x[i], t[i]), or dx[i] += ... if accumulate
// The forward pass makes the gradient as well because it is free there and most losses are what a
// backward pass starts from. Where x is the output of an activation act, naming it as x_activation
// makes dx the gradient before that activation.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/losses.h"
#include "kernels/reduce.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct LossTarget {
  const T* values = nullptr;
  T constant = 0;
};

template <class T>
struct LossArgs {
  const T* x = nullptr;
  LossTarget<T> target = {};
  std::int64_t n = 0;
  T scale = 1;
  T* dx = nullptr;
};

// workspace: kSumWorkspace elements.
template <class Loss, class T>
void loss_forward(CpuStream stream, Loss loss, const LossArgs<T>& args, Activation x_activation,
                  T* out, T* workspace, const T* weights = nullptr);
template <class Loss>
void loss_forward(CudaStream stream, Loss loss, const LossArgs<float>& args,
                  Activation x_activation, float* out, float* workspace,
                  const float* weights = nullptr);

template <class Loss, class T>
void loss_backward(CpuStream stream, Loss loss, const T* dout, const LossArgs<T>& args,
                   bool accumulate);
template <class Loss>
void loss_backward(CudaStream stream, Loss loss, const float* dout, const LossArgs<float>& args,
                   bool accumulate);

}  // namespace kiln::kernels
