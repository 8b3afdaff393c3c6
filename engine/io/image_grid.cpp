// SPDX-License-Identifier: MIT
#include "engine/io/image_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/io/checked_size.h"
#include "kernels/error.h"

namespace kiln {
namespace {

std::size_t ceil_sqrt(std::size_t count) {
  std::size_t side = 1;
  while (side < count / side + (count % side != 0 ? 1 : 0)) ++side;
  return side;
}

}  // namespace

GreyImage tile_images(std::span<const std::uint8_t> pixels, std::size_t count, std::size_t height,
                      std::size_t width, const GridOptions& options) {
  if (pixels.empty() || checked_product(std::array{count, height, width}) != pixels.size()) {
    throw Error(fmt::format("[image_grid] {} pixels do not make images of shape ({},{},{})",
                            pixels.size(), count, height, width));
  }
  constexpr std::size_t max_option = std::size_t{1} << 16;  // keeps the sums below from wrapping
  const std::size_t columns = options.columns == 0 ? ceil_sqrt(count) : options.columns;
  const std::size_t rows = (count - 1) / columns + 1;
  const std::size_t border = options.border;
  GreyImage grid;
  grid.height = rows * (height + border) + border;
  grid.width = columns * (width + border) + border;
  const auto total = checked_product(std::array{grid.height, grid.width});
  if (columns > max_option || border > max_option || !total) {
    throw Error(
        fmt::format("[image_grid] {} columns with a border of {} are too many", columns, border));
  }
  grid.pixels.assign(*total, options.background);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t top = (i / columns) * (height + border) + border;
    const std::size_t left = (i % columns) * (width + border) + border;
    for (std::size_t y = 0; y < height; ++y) {
      const auto row = pixels.subspan((i * height + y) * width, width);
      std::copy(row.begin(), row.end(), &grid.pixels[(top + y) * grid.width + left]);
    }
  }
  return grid;
}

std::uint8_t unit_to_byte(float value) {
  if (!(value > 0.0F)) return 0;  // also NaN
  if (value >= 1.0F) return 255;
  return static_cast<std::uint8_t>(std::lround(value * 255.0F));
}

std::vector<std::uint8_t> unit_to_bytes(std::span<const float> values) {
  std::vector<std::uint8_t> bytes(values.size());
  std::transform(values.begin(), values.end(), bytes.begin(), unit_to_byte);
  return bytes;
}

std::vector<float> bytes_to_unit(std::span<const std::uint8_t> bytes) {
  std::vector<float> values(bytes.size());
  std::transform(bytes.begin(), bytes.end(), values.begin(),
                 [](std::uint8_t byte) { return static_cast<float>(byte) / 255; });
  return values;
}

}  // namespace kiln
