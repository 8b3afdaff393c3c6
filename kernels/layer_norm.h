// SPDX-License-Identifier: MIT
// Layer normalisation (Ba, Kiros & Hinton 2016) in PyTorch's form, over each row of x (rows, cols):
//   mean = sum x / cols,  var = sum (x - mean)^2 / cols,  inv_std = 1 / sqrt(var + epsilon)
//   y = (x - mean) inv_std weight[j] + bias[j]
// Backward, with n = (x - mean) inv_std, g = dy weight and means over a row:
//   dx = inv_std (g - mean(g) - n mean(g n))
//   dweight[j] = sum_i dy n,  dbias[j] = sum_i dy
// each += where `accumulate` says so. Sums have a fixed order.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct LayerNormForward {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  const T* x = nullptr;
  const T* weight = nullptr;  // (cols)
  const T* bias = nullptr;    // (cols)
  T epsilon = 0;
  T* mean = nullptr;     // (rows), for the backward pass
  T* inv_std = nullptr;  // (rows)
  T* y = nullptr;
};

template <class T>
struct LayerNormBackward {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  const T* dy = nullptr;
  const T* x = nullptr;
  const T* weight = nullptr;
  const T* mean = nullptr;
  const T* inv_std = nullptr;
  T* dx = nullptr;  // null where not asked for, as the others
  T* dweight = nullptr;
  T* dbias = nullptr;
  bool accumulate_dx = false;
  bool accumulate_dweight = false;
  bool accumulate_dbias = false;
};

template <class T>
void layer_norm_forward(CpuStream stream, const LayerNormForward<T>& args);
void layer_norm_forward(CudaStream stream, const LayerNormForward<float>& args);

template <class T>
void layer_norm_backward(CpuStream stream, const LayerNormBackward<T>& args);
void layer_norm_backward(CudaStream stream, const LayerNormBackward<float>& args);

}  // namespace kiln::kernels
