// SPDX-License-Identifier: MIT
// Whole-array operations over n elements.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

// y[i] = value
template <class T>
void fill(CpuStream stream, T value, T* y, std::int64_t n);
void fill(CudaStream stream, float value, float* y, std::int64_t n);

// y[i] = x[i]
template <class T>
void copy(CpuStream stream, const T* x, T* y, std::int64_t n);
void copy(CudaStream stream, const float* x, float* y, std::int64_t n);

// y[i] = a y[i]
template <class T>
void scale(CpuStream stream, T a, T* y, std::int64_t n);
void scale(CudaStream stream, float a, float* y, std::int64_t n);

// y[i] = y[i] + a x[i]
template <class T>
void axpy(CpuStream stream, T a, const T* x, T* y, std::int64_t n);
void axpy(CudaStream stream, float a, const float* x, float* y, std::int64_t n);

// y[i] = y[i] + a (x[i] - y[i]): with a = 1 - decay, an exponential moving average.
template <class T>
void lerp(CpuStream stream, T a, const T* x, T* y, std::int64_t n);
void lerp(CudaStream stream, float a, const float* x, float* y, std::int64_t n);

}  // namespace kiln::kernels
