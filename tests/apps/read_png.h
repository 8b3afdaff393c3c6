// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <png.h>

#include <filesystem>

#include "engine/io/grey_image.h"

namespace kiln::test {

// A grey picture as libpng reads it; a test failure and no pixels where it does not.
inline GreyImage read_png(const std::filesystem::path& path) {
  png_image description = {};
  description.version = PNG_IMAGE_VERSION;
  GreyImage image;
  if (png_image_begin_read_from_file(&description, path.c_str()) == 0) {
    ADD_FAILURE() << path << ": " << description.message;
    return image;
  }
  EXPECT_EQ(description.format, static_cast<png_uint_32>(PNG_FORMAT_GRAY)) << path;
  description.format = PNG_FORMAT_GRAY;
  image = {description.height, description.width, {}};
  image.pixels.resize(PNG_IMAGE_SIZE(description));
  EXPECT_NE(png_image_finish_read(&description, nullptr, image.pixels.data(), 0, nullptr), 0)
      << path << ": " << description.message;
  return image;
}

}  // namespace kiln::test
