// SPDX-License-Identifier: MIT
// The first pass of a linear layer's backward: gradient through the activation, and the bias
// gradient, in one read of dy and y (rows, cols):
//   dz[i,j]  = dy[i,j] * act'(y[i,j])       (dz == dy allowed)
//   db[j]    = sum_i dz[i,j], or db[j] += ... if accumulate
// dz may be null when activation is identity (dz would equal dy), db when no bias gradient is
// asked. y is not read when activation is identity and may be null then. Rows are summed in a fixed
// order.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
void activation_backward(CpuStream stream, Activation activation, const T* dy, const T* y, T* dz,
                         T* db, std::int64_t rows, std::int64_t cols, bool accumulate);
void activation_backward(CudaStream stream, Activation activation, const float* dy, const float* y,
                         float* dz, float* db, std::int64_t rows, std::int64_t cols,
                         bool accumulate);

}  // namespace kiln::kernels
