// SPDX-License-Identifier: MIT
// An elementwise loss summed over each row of x (rows, cols); Loss is any struct of losses.h. The
// target is (target_rows, cols), and used again for each target_rows rows of x.
//   forward   out[i]  = sum_j loss.value(x[i,j], t[i % target_rows, j])
//   backward  dx[i,j] = dout[i] * loss.derivative(x[i,j], t[...]), or dx[i,j] += ... if accumulate
#pragma once

#include <cstdint>

#include "kernels/losses.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct RowLossArgs {
  const T* x = nullptr;
  const T* target = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t target_rows = 1;
};

template <class Loss, class T>
void row_loss_forward(CpuStream stream, Loss loss, const RowLossArgs<T>& args, T* out);
template <class Loss>
void row_loss_forward(CudaStream stream, Loss loss, const RowLossArgs<float>& args, float* out);

template <class Loss, class T>
void row_loss_backward(CpuStream stream, Loss loss, const T* dout, const RowLossArgs<T>& args,
                       T* dx, bool accumulate);
template <class Loss>
void row_loss_backward(CudaStream stream, Loss loss, const float* dout,
                       const RowLossArgs<float>& args, float* dx, bool accumulate);

}  // namespace kiln::kernels
