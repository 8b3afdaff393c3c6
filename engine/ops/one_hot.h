// SPDX-License-Identifier: MIT
// Class labels as vectors.
#pragma once

#include <cstdint>

#include "engine/tensor.h"

namespace kiln {

// labels int32 (n) -> (n, classes): 1 at each row's label, 0 elsewhere; a label outside
// [0, classes) gives a row of zeros. Errors: labels that are not an int32 vector.
Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype = DType::float32);

}  // namespace kiln
