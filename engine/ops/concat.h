// SPDX-License-Identifier: MIT
// Matrices side by side, and parts of them, differentiable to any order.
#pragma once

#include <cstdint>

#include "engine/tensor.h"

namespace kiln {

// a (n, p) and b (n, q) -> [a b] (n, p + q). Errors: not matrices, different numbers of rows,
// dtypes or devices.
Tensor concat_columns(const Tensor& a, const Tensor& b);

// Columns first .. first + count - 1 of x (n, cols) -> (n, count). Errors: not a matrix; columns
// that it does not have.
Tensor columns(const Tensor& x, std::int64_t first, std::int64_t count);

// x (n, cols) at columns first .. first + cols - 1 of zeros (n, total): the gradient of columns().
Tensor pad_columns(const Tensor& x, std::int64_t first, std::int64_t total);

// Writes x (n, cols) into columns first .. first + cols - 1 of out (n, total), outside the graph.
void write_columns(const Tensor& x, const Tensor& out, std::int64_t first);
// The same of `count` columns of x, from x_first on.
void write_columns(const Tensor& x, std::int64_t x_first, std::int64_t count, const Tensor& out,
                   std::int64_t first);

}  // namespace kiln
