// SPDX-License-Identifier: MIT
// gather.h on CUDA: a block copies one row at a time, four values in and sixteen bytes out per
// thread where the row size and the pointers allow.
#include "kernels/elementwise.cuh"
#include "kernels/gather.h"
#include "kernels/last_block.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

template <class Row, int kWidth>
struct alignas(kWidth * sizeof(Row)) RowPart {
  Row at[kWidth];
};

template <class Row, int kWidth>
__global__ void gather_rows_kernel(const Row* rows, std::int64_t row_size, RowIndices indices,
                                   std::int64_t batch, float scale, float shift, float* out,
                                   unsigned* ticket) {
  const std::int64_t first =
      indices.cursor != nullptr ? static_cast<std::int64_t>(*indices.cursor) : 0;
  for (std::int64_t i = blockIdx.x; i < batch; i += gridDim.x) {
    const Row* const row = rows + indices.values[first + i] * row_size;
    for (std::int64_t j = kWidth * threadIdx.x; j < row_size; j += kWidth * blockDim.x) {
      const auto part = *reinterpret_cast<const RowPart<Row, kWidth>*>(row + j);
      Pack<kWidth> values;
      for (int k = 0; k < kWidth; ++k) {
        values.at[k] = scale * static_cast<float>(part.at[k]) + shift;
      }
      store_pack<kWidth>(out + i * row_size + j, values);
    }
  }
  if (indices.cursor == nullptr) return;
  if (is_last_block(ticket, gridDim.x) && threadIdx.x == 0) {
    *indices.cursor = next_cursor(first, batch, indices.count);
  }
}

// ---- launchers

template <class Row>
void gather_rows(CudaStream stream, const Row* rows, std::int64_t row_size, RowIndices indices,
                 std::int64_t batch, float scale, float shift, float* out) {
  if (batch == 0 || (row_size == 0 && indices.cursor == nullptr)) return;
  const bool wide = row_size % 4 == 0 &&
                    reinterpret_cast<std::uintptr_t>(rows) % (4 * sizeof(Row)) == 0 &&
                    reinterpret_cast<std::uintptr_t>(out) % 16 == 0;
  launch("gather_rows", wide ? gather_rows_kernel<Row, 4> : gather_rows_kernel<Row, 1>,
         blocks_for(batch, 1), kBlockSize, 0, stream, rows, row_size, indices, batch, scale, shift,
         out, stream.scratch.tickets);
}

template void gather_rows(CudaStream, const std::uint8_t*, std::int64_t, RowIndices, std::int64_t,
                          float, float, float*);
template void gather_rows(CudaStream, const float*, std::int64_t, RowIndices, std::int64_t, float,
                          float, float*);

}  // namespace kiln::kernels
