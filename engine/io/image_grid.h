// SPDX-License-Identifier: MIT
// Many small images tiled into one picture, in reading order, with a border around each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/io/grey_image.h"

namespace kiln {

struct GridOptions {
  std::size_t columns = 0;       // 0 chooses ceil(sqrt(count)): near-square, never taller than wide
  std::size_t border = 2;        // pixels between images and around them all
  std::uint8_t background = 64;  // borders and empty cells; grey shows where a black image ends
};

// pixels: (count, height, width). An Error when the sizes do not agree or there is nothing to tile.
GreyImage tile_images(std::span<const std::uint8_t> pixels, std::size_t count, std::size_t height,
                      std::size_t width, const GridOptions& options = {});

// round(255 * clamp(value, 0, 1)), ties up; NaN becomes 0.
std::uint8_t unit_to_byte(float value);
std::vector<std::uint8_t> unit_to_bytes(std::span<const float> values);
// value / 255
std::vector<float> bytes_to_unit(std::span<const std::uint8_t> bytes);

}  // namespace kiln
