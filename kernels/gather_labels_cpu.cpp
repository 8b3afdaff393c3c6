// SPDX-License-Identifier: MIT
#include "kernels/gather_labels.h"

namespace kiln::kernels {

void gather_labels(CpuStream, const std::uint8_t* labels, RowIndices indices, std::int64_t batch,
                   std::int32_t* out) {
  const std::int64_t first =
      indices.cursor != nullptr ? static_cast<std::int64_t>(*indices.cursor) : 0;
  for (std::int64_t i = 0; i < batch; ++i) out[i] = labels[indices.values[first + i]];
}

}  // namespace kiln::kernels
