// SPDX-License-Identifier: MIT
// Deterministic sums: fixed partition, fixed order, no atomics.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

// Elements of T that `sum` and `loss_forward` need as scratch.
inline constexpr std::int64_t kSumWorkspace = 1024;

// out[0] = scale * sum_i x[i] (scale = 1/n gives the mean). n == 0 gives 0.
template <class T>
void sum(CpuStream stream, const T* x, std::int64_t n, T scale, T* out, T* workspace);
void sum(CudaStream stream, const float* x, std::int64_t n, float scale, float* out,
         float* workspace);

// out[j] = sum_i x[i,j] for x (rows, cols), or out[j] += ... if accumulate. rows == 0 gives 0.
template <class T>
void column_sum(CpuStream stream, const T* x, std::int64_t rows, std::int64_t cols, T* out,
                bool accumulate);
void column_sum(CudaStream stream, const float* x, std::int64_t rows, std::int64_t cols, float* out,
                bool accumulate);

// out[i,j] = v[j] for out (rows, cols), or out[i,j] += ... if accumulate: column_sum's gradient.
template <class T>
void broadcast_rows(CpuStream stream, const T* v, std::int64_t rows, std::int64_t cols, T* out,
                    bool accumulate);
void broadcast_rows(CudaStream stream, const float* v, std::int64_t rows, std::int64_t cols,
                    float* out, bool accumulate);

}  // namespace kiln::kernels
