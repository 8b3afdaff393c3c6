// SPDX-License-Identifier: MIT
// Copies a block of columns between two row-major matrices of different widths:
//   out[i * out_width + j] = x[i * x_width + j], or += if accumulate     for i < rows, j < cols
// A block that does not begin at column 0 is given by a pointer to its first element. Joins
// matrices side by side and takes them apart again.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
void copy_columns(CpuStream stream, const T* x, std::int64_t x_width, T* out,
                  std::int64_t out_width, std::int64_t rows, std::int64_t cols, bool accumulate);
void copy_columns(CudaStream stream, const float* x, std::int64_t x_width, float* out,
                  std::int64_t out_width, std::int64_t rows, std::int64_t cols, bool accumulate);

}  // namespace kiln::kernels
