// SPDX-License-Identifier: MIT
#include "engine/io/png.h"

#include <gtest/gtest.h>
#include <png.h>

#include <string>

#include "tests/engine/io/error_message.h"
#include "tests/engine/io/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;
using Bytes = std::vector<std::uint8_t>;

GreyImage gradient(std::size_t height, std::size_t width) {
  GreyImage image{height, width, Bytes(height * width)};
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * 37);
  }
  return image;
}

GreyImage decode(const Bytes& bytes) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()), 0);
  EXPECT_EQ(image.format, static_cast<png_uint_32>(PNG_FORMAT_GRAY));
  GreyImage result{image.height, image.width, Bytes(PNG_IMAGE_SIZE(image))};
  EXPECT_NE(png_image_finish_read(&image, nullptr, result.pixels.data(), 0, nullptr), 0);
  return result;
}

TEST(Png, RoundTripsEveryPixel) {
  const std::vector<GreyImage> images{gradient(1, 1), gradient(5, 3), gradient(1, 1000),
                                      gradient(300, 257)};
  for (const GreyImage& image : images) {
    const GreyImage decoded = decode(encode_png(image));
    EXPECT_EQ(decoded.height, image.height);
    EXPECT_EQ(decoded.width, image.width);
    EXPECT_EQ(decoded.pixels, image.pixels);
  }
}

TEST(Png, IsEightBitGreyWithoutTimeOrText) {
  const Bytes bytes = encode_png(gradient(2, 3));
  const Bytes start{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D',
                    'R',  0,   0,   0,   3,    0,    0,    0,    2, 8, 0, 0,  0,   0};
  ASSERT_GT(bytes.size(), start.size());
  EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 29), start);
  const std::string text(bytes.begin(), bytes.end());
  for (const char* chunk : {"tIME", "tEXt", "zTXt", "iTXt"}) {
    EXPECT_EQ(text.find(chunk), std::string::npos) << chunk;
  }
  EXPECT_EQ(bytes, encode_png(gradient(2, 3)));
}

TEST(Png, RefusesSizesThatDoNotAgree) {
  EXPECT_EQ(error_message([] {
              encode_png({2, 3, Bytes(5)});
            }),
            "[png] 5 pixels do not make an image of 2x3 (height, width)");
  EXPECT_EQ(error_message([] {
              encode_png({0, 3, {}});
            }),
            "[png] 0 pixels do not make an image of 0x3 (height, width)");
  EXPECT_EQ(error_message([] {
              encode_png({1, 65537, Bytes(65537)});
            }),
            "[png] 65537 pixels do not make an image of 1x65537 (height, width)");
}

TEST(Png, WritesAtomically) {
  test::TemporaryDirectory folder;
  const GreyImage image = gradient(40, 50);
  write_png(folder / "a.png", image);
  const std::string file = test::get_file(folder / "a.png");
  EXPECT_EQ(Bytes(file.begin(), file.end()), encode_png(image));
  std::string message;
  {
    const test::FileSizeLimit limit(100);
    message = error_message([&] { write_png(folder / "b.png", image); });
  }
  EXPECT_EQ(message, (folder / "b.png").string() + ": cannot write: File too large");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.png"});
}

}  // namespace
}  // namespace kiln
