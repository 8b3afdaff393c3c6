// SPDX-License-Identifier: MIT
// 8-bit greyscale PNG by libpng. The file holds no time or text: the same pixels give the same
// bytes. An empty image, or one whose pixels do not match its size, is an Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/io/grey_image.h"

namespace kiln {

std::vector<std::uint8_t> encode_png(const GreyImage& image);

// Atomic; errors name the path.
void write_png(const std::filesystem::path& path, const GreyImage& image);

}  // namespace kiln
