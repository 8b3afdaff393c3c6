// SPDX-License-Identifier: MIT
// gather_labels.h on CUDA.
#include "kernels/elementwise.cuh"
#include "kernels/gather_labels.h"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

__global__ void gather_labels_kernel(const std::uint8_t* labels, RowIndices indices,
                                     std::int64_t batch, std::int32_t* out) {
  const std::int64_t first =
      indices.cursor != nullptr ? static_cast<std::int64_t>(*indices.cursor) : 0;
  for (std::int64_t i = grid_thread(); i < batch; i += grid_threads()) {
    out[i] = labels[indices.values[first + i]];
  }
}

// ---- launchers

void gather_labels(CudaStream stream, const std::uint8_t* labels, RowIndices indices,
                   std::int64_t batch, std::int32_t* out) {
  if (batch == 0) return;
  launch("gather_labels", gather_labels_kernel, blocks_for(batch), kBlockSize, 0, stream, labels,
         indices, batch, out);
}

}  // namespace kiln::kernels
