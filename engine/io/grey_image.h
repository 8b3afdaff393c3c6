// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kiln {

// One 8-bit greyscale picture, rows from the top, 0 is black.
struct GreyImage {
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<std::uint8_t> pixels;  // (height, width)
};

}  // namespace kiln
