// SPDX-License-Identifier: MIT
// Class labels, and places of the largest numbers, as vectors.
#pragma once

#include <cstdint>

#include "engine/tensor.h"

namespace kiln {

// labels int32 (n) -> (n, classes): 1 at each row's label, 0 elsewhere; a label outside
// [0, classes) gives a row of zeros. Errors: labels that are not an int32 vector.
Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype = DType::float32);

// Writes into columns first .. first + count - 1 of out (n, total), for each row of x (n, cols):
// `value` at the place of the largest of its first `count` numbers, 0 elsewhere. Outside the graph.
// Ties and NaN: kernels/largest_one_hot.h. Errors: not matrices with the same number of rows; more
// numbers than x or out has; different dtypes or devices.
void write_largest_one_hot(const Tensor& x, std::int64_t count, double value, const Tensor& out,
                           std::int64_t first);

}  // namespace kiln
