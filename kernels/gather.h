// SPDX-License-Identifier: MIT
// A float batch from uint8 rows that stay on the device:
//   out[i,j] = scale * rows[indices[i], j] + shift     for out (batch, row_size)
// Indices must lie in [0, number of rows): the caller has checked them.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
void gather_rows(CpuStream stream, const std::uint8_t* rows, std::int64_t row_size,
                 const std::int32_t* indices, std::int64_t batch, T scale, T shift, T* out);
void gather_rows(CudaStream stream, const std::uint8_t* rows, std::int64_t row_size,
                 const std::int32_t* indices, std::int64_t batch, float scale, float shift,
                 float* out);

}  // namespace kiln::kernels
