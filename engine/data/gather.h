// SPDX-License-Identifier: MIT
// Batches out of a data set that stays on the device as bytes.
#pragma once

#include "engine/tensor.h"

namespace kiln {

// out[i] = scale * rows[indices[i]] + shift: rows uint8 (n, row_size), indices int32 (batch) in
// [0, n) -> float32 (batch, row_size). The default maps bytes to [0, 1].
Tensor gather_rows(const Tensor& rows, const Tensor& indices, double scale = 1.0 / 255,
                   double shift = 0);

}  // namespace kiln
