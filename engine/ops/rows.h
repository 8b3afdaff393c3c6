// SPDX-License-Identifier: MIT
// Sums over the rows of a matrix and their inverse, differentiable to any order: what column_sum()
// and broadcast_rows() do the other way round.
#pragma once

#include <cstdint>

#include "engine/tensor.h"

namespace kiln {

// (rows, cols) -> (rows)
Tensor row_sum(const Tensor& x);
// (rows) -> (rows, cols)
Tensor broadcast_columns(const Tensor& v, std::int64_t cols);
// All rows of x (n, cols), k times over: (k n, cols)
Tensor repeated_rows(const Tensor& x, std::int64_t k);

}  // namespace kiln
