// SPDX-License-Identifier: MIT
// Bounds on n gradients, in place, as PyTorch's clip_grad_norm_ and clip_grad_value_ set them. A
// NaN stays one.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

// norm[0] = sqrt(norm[1]) with norm[1] = sum_i x[i]^2, both outputs, and
// x[i] = x[i] * min(1, max_norm / (norm[0] + 1e-6)). `workspace` is that of a sum (reduce.h). A
// norm whose square is beyond the type's range is infinite and leaves zeros.
template <class T>
void clip_by_norm(CpuStream stream, T max_norm, T* x, std::int64_t n, T* norm, T* workspace);
void clip_by_norm(CudaStream stream, float max_norm, float* x, std::int64_t n, float* norm,
                  float* workspace);

// x[i] = min(max(x[i], -max_value), max_value)
template <class T>
void clip_by_value(CpuStream stream, T max_value, T* x, std::int64_t n);
void clip_by_value(CudaStream stream, float max_value, float* x, std::int64_t n);

}  // namespace kiln::kernels
