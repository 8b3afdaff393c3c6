// SPDX-License-Identifier: MIT
#include "engine/io/png.h"

#include <fmt/format.h>
#include <png.h>

#include <array>

#include "engine/io/checked_size.h"
#include "engine/io/file.h"
#include "kernels/error.h"

namespace kiln {

std::vector<std::uint8_t> encode_png(const GreyImage& image) {
  const std::array size{image.height, image.width};
  // 2^16 a side keeps libpng's own size arithmetic (32 bits) in range.
  constexpr std::size_t max_side = std::size_t{1} << 16;
  if (image.pixels.empty() || image.height > max_side || image.width > max_side ||
      checked_product(size) != image.pixels.size()) {
    throw Error(fmt::format("[png] {} pixels do not make an image of {}x{} (height, width)",
                            image.pixels.size(), image.height, image.width));
  }
  // libpng's simplified interface does its own setjmp and returns errors as a flag and a text, so
  // no longjmp crosses a C++ frame.
  png_image description = {};
  description.version = PNG_IMAGE_VERSION;
  description.width = static_cast<png_uint_32>(image.width);
  description.height = static_cast<png_uint_32>(image.height);
  description.format = PNG_FORMAT_GRAY;
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(description);
  std::vector<std::uint8_t> result(bytes);
  const int ok = png_image_write_to_memory(&description, result.data(), &bytes, /*to_8_bit=*/0,
                                           image.pixels.data(), /*row_stride=*/0, nullptr);
  if (ok == 0) throw Error(fmt::format("[png] {}", description.message));
  result.resize(bytes);
  return result;
}

void write_png(const std::filesystem::path& path, const GreyImage& image) {
  write_file_atomically(path, encode_png(image));
}

}  // namespace kiln
