// SPDX-License-Identifier: MIT
#include "engine/shape.h"

#include <algorithm>

#include "kernels/error.h"

namespace kiln {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  bool overflow = false, empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) throw Error("[shape] " + to_string(shape) + " has a negative size");
    empty = empty || size == 0;
    overflow = overflow || __builtin_mul_overflow(count, size, &count);
  }
  if (empty) return 0;
  // 2^60 elements leave room for the byte count of any element type.
  if (overflow || count > (std::int64_t{1} << 60)) {
    throw Error("[shape] " + to_string(shape) + " is too large");
  }
  return count;
}

std::string to_string(const Shape& shape) {
  constexpr std::size_t kMostShown = 32;  // a file may list thousands
  std::string text = "(";
  for (std::size_t i = 0; i < std::min(shape.size(), kMostShown); ++i) {
    if (i > 0) text += ",";
    text += std::to_string(shape[i]);
  }
  return text + (shape.size() > kMostShown ? ",...)" : ")");
}

}  // namespace kiln
