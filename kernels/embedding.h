// SPDX-License-Identifier: MIT
// Rows of a table, chosen by labels:
//   forward   out[i,j] = weight[labels[i], j]        for weight (rows, cols), out (n, cols)
//   backward  dweight[r,j] = sum of dout[i,j] over the i with labels[i] == r, in ascending i; 0
//             where no label names r; dweight[r,j] += ... if accumulate
// A label outside [0, rows) gives a row of NaN, and its gradient goes nowhere. The backward pass
// reads every label for every row of the table: it is meant for tables of a few thousand rows.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
void embedding_forward(CpuStream stream, const T* weight, std::int64_t rows, std::int64_t cols,
                       const std::int32_t* labels, std::int64_t n, T* out);
void embedding_forward(CudaStream stream, const float* weight, std::int64_t rows, std::int64_t cols,
                       const std::int32_t* labels, std::int64_t n, float* out);

template <class T>
void embedding_backward(CpuStream stream, const T* dout, const std::int32_t* labels, std::int64_t n,
                        T* dweight, std::int64_t rows, std::int64_t cols, bool accumulate);
void embedding_backward(CudaStream stream, const float* dout, const std::int32_t* labels,
                        std::int64_t n, float* dweight, std::int64_t rows, std::int64_t cols,
                        bool accumulate);

}  // namespace kiln::kernels
