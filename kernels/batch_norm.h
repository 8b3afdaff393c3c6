// SPDX-License-Identifier: MIT
// Batch normalisation (Ioffe & Szegedy 2015) in PyTorch's form, over x (batch, channels, spatial),
// where a plain matrix has spatial 1. With m = batch * spatial values a channel c:
//   training   mean = sum x / m,  var = sum (x - mean)^2 / m            two passes: no cancellation
//              running_mean += momentum (mean - running_mean)
//              running_var  += momentum (var m/(m-1) - running_var)     the unbiased variance
//   otherwise  mean = running_mean,  var = running_var
//   inv_std = 1 / sqrt(var + epsilon)
//   y = (x - mean) inv_std weight[c] + bias[c]
// Backward, with n = (x - mean) inv_std and sums over a channel's values:
//   dbias = sum dy,  dweight = sum dy n                                 or += ... if accumulate
//   training   dx = weight inv_std (dy - dbias/m - n dweight/m)
//   otherwise  dx = weight inv_std dy
// Training needs m > 1. Sums have a fixed order.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

struct BatchNormShape {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t spatial = 1;
};

template <class T>
struct BatchNormForward {
  BatchNormShape shape;
  const T* x = nullptr;
  const T* weight = nullptr;  // this and the arrays below: (channels)
  const T* bias = nullptr;
  bool training = true;
  T momentum = 0;
  T epsilon = 0;
  T* running_mean = nullptr;
  T* running_var = nullptr;
  T* mean = nullptr;  // what was used, for the backward pass
  T* inv_std = nullptr;
  T* y = nullptr;
};

template <class T>
struct BatchNormBackward {
  BatchNormShape shape;
  const T* dy = nullptr;
  const T* x = nullptr;
  const T* weight = nullptr;
  const T* mean = nullptr;
  const T* inv_std = nullptr;
  bool training = true;
  T* dx = nullptr;  // null where not asked for, as the others
  T* dweight = nullptr;
  T* dbias = nullptr;
  bool accumulate_dx = false;
  bool accumulate_dweight = false;
  bool accumulate_dbias = false;
};

template <class T>
void batch_norm_forward(CpuStream stream, const BatchNormForward<T>& args);
void batch_norm_forward(CudaStream stream, const BatchNormForward<float>& args);

template <class T>
void batch_norm_backward(CpuStream stream, const BatchNormBackward<T>& args);
void batch_norm_backward(CudaStream stream, const BatchNormBackward<float>& args);

}  // namespace kiln::kernels
