// SPDX-License-Identifier: MIT
// Rows that are read one by one, wherever they come from: a data set that need not be in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "engine/dtype.h"
#include "engine/shape.h"

namespace kiln {

struct RowSource {
  std::int64_t count = 0;
  Shape row_shape;             // (height, width) or (features)
  DType dtype = DType::uint8;  // or float32
  // The bytes of row `row` of `count` into `out`, which has room for row_bytes(). Threads may call
  // it at once. Errors name the row.
  std::function<void(std::int64_t row, std::span<std::uint8_t> out)> read;

  std::int64_t row_size() const { return element_count(row_shape); }
  std::size_t row_bytes() const { return static_cast<std::size_t>(row_size()) * size_of(dtype); }
};

}  // namespace kiln
