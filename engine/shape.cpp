// SPDX-License-Identifier: MIT
#include "engine/shape.h"

#include "kernels/error.h"

namespace kiln {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  bool overflow = false;
  for (const std::int64_t size : shape) {
    if (size < 0) throw Error("[shape] " + to_string(shape) + " has a negative size");
    if (size == 0) return 0;
    overflow = overflow || __builtin_mul_overflow(count, size, &count);
  }
  // 2^60 elements leave room for the byte count of any element type.
  if (overflow || count > (std::int64_t{1} << 60)) {
    throw Error("[shape] " + to_string(shape) + " is too large");
  }
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ",";
    text += std::to_string(shape[i]);
  }
  return text + ")";
}

}  // namespace kiln
