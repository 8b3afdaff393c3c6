// SPDX-License-Identifier: MIT
// A float batch from uint8 or float rows that stay on the device:
//   out[i,j] = scale * rows[indices[first + i], j] + shift     for out (batch, row_size)
// `first` is 0, or cursor[0] where a cursor is given: device memory that then moves on by a batch,
// and back to 0 when no whole batch of the `count` indices is left, so that a replayed step goes
// through the data. Indices must lie in [0, number of rows) and be at least first + batch: the
// caller has checked them.
#pragma once

#include <cstdint>

#include "kernels/host_device.h"
#include "kernels/stream.h"

namespace kiln::kernels {

struct RowIndices {
  const std::int32_t* values = nullptr;
  std::int64_t count = 0;
  std::uint64_t* cursor = nullptr;
};

// Where the cursor stands after a batch.
KILN_HOST_DEVICE inline std::uint64_t next_cursor(std::int64_t first, std::int64_t batch,
                                                  std::int64_t count) {
  return first + 2 * batch <= count ? static_cast<std::uint64_t>(first + batch) : 0;
}

template <class Row, class T>
void gather_rows(CpuStream stream, const Row* rows, std::int64_t row_size, RowIndices indices,
                 std::int64_t batch, T scale, T shift, T* out);
template <class Row>
void gather_rows(CudaStream stream, const Row* rows, std::int64_t row_size, RowIndices indices,
                 std::int64_t batch, float scale, float shift, float* out);

}  // namespace kiln::kernels
