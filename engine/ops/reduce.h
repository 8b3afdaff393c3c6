// SPDX-License-Identifier: MIT
// Sums, means and their inverses, differentiable to any order.
#pragma once

#include "engine/tensor.h"

namespace kiln {

// scale * (sum of all elements), shape ().
Tensor sum(const Tensor& x, double scale = 1);
// Mean of all elements, shape (); 0 for no elements.
Tensor mean(const Tensor& x);
// A one-element tensor repeated over `shape`.
Tensor expand(const Tensor& scalar, const Shape& shape);

// (rows, cols) -> (cols)
Tensor column_sum(const Tensor& x);
// (cols) -> (rows, cols)
Tensor broadcast_rows(const Tensor& v, std::int64_t rows);

// The same elements in another shape; storage is shared.
Tensor reshape(const Tensor& x, const Shape& shape);

}  // namespace kiln
