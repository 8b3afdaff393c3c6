// SPDX-License-Identifier: MIT
// Dropout (Srivastava et al. 2014), scaled while training so that nothing changes afterwards:
//   mask[i] = u[i] > rate ? 1 / (1 - rate) : 0          y[i] = x[i] mask[i]
// with u the uniforms of noise.h for this seed and counter: the same mask on every device. A draw,
// even over 0 elements, moves the counter on by one. The mask is kept: dx = dy mask. rate lies in
// [0, 1]; at 1 every element is dropped.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
void dropout(CpuStream stream, std::uint64_t seed, std::uint64_t* counter, float rate, const T* x,
             T* mask, T* y, std::int64_t n);
void dropout(CudaStream stream, std::uint64_t seed, std::uint64_t* counter, float rate,
             const float* x, float* mask, float* y, std::int64_t n);

// What an element that stays is multiplied by.
inline float dropout_scale(float rate) { return rate < 1 ? 1 / (1 - rate) : 0.0f; }

}  // namespace kiln::kernels
