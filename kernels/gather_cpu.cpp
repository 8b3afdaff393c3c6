// SPDX-License-Identifier: MIT
#include "kernels/gather.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {

template <class Row, class T>
void gather_rows(CpuStream, const Row* rows, std::int64_t row_size, RowIndices indices,
                 std::int64_t batch, T scale, T shift, T* out) {
  const std::int64_t first =
      indices.cursor != nullptr ? static_cast<std::int64_t>(*indices.cursor) : 0;
  for (std::int64_t i = 0; i < batch; ++i) {
    const Row* row = rows + indices.values[first + i] * row_size;
    T* out_row = out + i * row_size;
#pragma omp simd
    for (std::int64_t j = 0; j < row_size; ++j) out_row[j] = scale * static_cast<T>(row[j]) + shift;
  }
  if (indices.cursor != nullptr) *indices.cursor = next_cursor(first, batch, indices.count);
}

template void gather_rows(CpuStream, const std::uint8_t*, std::int64_t, RowIndices, std::int64_t,
                          float, float, float*);
template void gather_rows(CpuStream, const std::uint8_t*, std::int64_t, RowIndices, std::int64_t,
                          double, double, double*);

template void gather_rows(CpuStream, const float*, std::int64_t, RowIndices, std::int64_t, float,
                          float, float*);

}  // namespace kiln::kernels
