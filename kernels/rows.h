// SPDX-License-Identifier: MIT
// Sums over rows, and their inverse: what reduce.h does for columns. Fixed order, no atomics.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

// out[i] = sum_j x[i,j] for x (rows, cols), or out[i] += ... if accumulate. cols == 0 gives 0.
template <class T>
void row_sum(CpuStream stream, const T* x, std::int64_t rows, std::int64_t cols, T* out,
             bool accumulate);
void row_sum(CudaStream stream, const float* x, std::int64_t rows, std::int64_t cols, float* out,
             bool accumulate);

// out[i,j] = v[i] for out (rows, cols), or out[i,j] += ... if accumulate: row_sum's gradient.
template <class T>
void broadcast_columns(CpuStream stream, const T* v, std::int64_t rows, std::int64_t cols, T* out,
                       bool accumulate);
void broadcast_columns(CudaStream stream, const float* v, std::int64_t rows, std::int64_t cols,
                       float* out, bool accumulate);

}  // namespace kiln::kernels
