// SPDX-License-Identifier: MIT
// Sizes of a tensor's dimensions, outermost first. Tensors are dense and row-major.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kiln {

using Shape = std::vector<std::int64_t>;

// Product of the sizes; 1 for a scalar. Throws an Error on a negative size or overflow.
std::int64_t element_count(const Shape& shape);

// "(64,784)"; of more than 32 sizes the first 32 and "..."
std::string to_string(const Shape& shape);

}  // namespace kiln
