// SPDX-License-Identifier: MIT
// Every gradient of a linear layer z = x W^T + b at once, from dz (batch, out):
//   dW(out,in)  = dz^T x
//   db(out)     = sum_rows dz
//   dx(batch,in) = (dz W) * act'(x)
// x (batch, in) is the layer's input and W (out, in) its weight. Where x is itself the output of an
// activation act of the layer below, naming it as input_activation makes dx that layer's dz.
// Each of dW, db and dx may be null and is then left out; each is added to what it holds where its
// accumulate flag is set. x may be null if neither dW nor act' needs it, weight if dx is not asked.
// An empty batch makes gradients of 0.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/precision.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct LinearBackwardArgs {
  std::int64_t batch = 0;
  std::int64_t in = 0;
  std::int64_t out = 0;
  const T* dz = nullptr;
  const T* x = nullptr;
  const T* weight = nullptr;
  T* dweight = nullptr;
  T* dbias = nullptr;
  T* dx = nullptr;
  bool accumulate_dweight = false;
  bool accumulate_dbias = false;
  bool accumulate_dx = false;
  Activation input_activation = {};
  Precision precision = Precision::fp32;
};

template <class T>
void linear_backward(CpuStream stream, const LinearBackwardArgs<T>& args);

// One launch for all three; with the cuBLAS backend of gemm.h, one or two for each. The measured
// backend takes the faster of these as a whole.
void linear_backward(CudaStream stream, const LinearBackwardArgs<float>& args);

}  // namespace kiln::kernels
