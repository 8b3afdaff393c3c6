// SPDX-License-Identifier: MIT
#include "engine/io/image_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/engine/io/error_message.h"

namespace kiln {
namespace {

using test::error_message;
using Bytes = std::vector<std::uint8_t>;

TEST(ImageGrid, PutsImagesInReadingOrder) {
  // Three images of 1x2 in two columns; the last cell is empty.
  const Bytes pixels{1, 2, 3, 4, 5, 6};
  const GreyImage grid = tile_images(pixels, 3, 1, 2, {.columns = 2, .border = 1, .background = 9});
  EXPECT_EQ(grid.height, 5u);
  EXPECT_EQ(grid.width, 7u);
  EXPECT_EQ(grid.pixels, (Bytes{9, 9, 9, 9, 9, 9, 9,  //
                                9, 1, 2, 9, 3, 4, 9,  //
                                9, 9, 9, 9, 9, 9, 9,  //
                                9, 5, 6, 9, 9, 9, 9,  //
                                9, 9, 9, 9, 9, 9, 9}));
}

TEST(ImageGrid, HasABorderOfTwoPixelsByDefault) {
  const GreyImage grid = tile_images(Bytes{200}, 1, 1, 1);
  EXPECT_EQ(grid.height, 5u);
  EXPECT_EQ(grid.width, 5u);
  EXPECT_EQ(grid.pixels[2 * 5 + 2], 200);
  EXPECT_EQ(grid.pixels[2 * 5 + 1], 64);
}

TEST(ImageGrid, ChoosesNearSquareColumns) {
  const auto columns = [](std::size_t count) {
    return tile_images(Bytes(count), count, 1, 1, {.border = 0}).width;
  };
  EXPECT_EQ(columns(1), 1u);
  EXPECT_EQ(columns(2), 2u);
  EXPECT_EQ(columns(4), 2u);
  EXPECT_EQ(columns(5), 3u);
  EXPECT_EQ(columns(64), 8u);
  EXPECT_EQ(columns(65), 9u);
  EXPECT_EQ(columns(100), 10u);
}

TEST(ImageGrid, RefusesSizesThatDoNotAgree) {
  EXPECT_EQ(error_message([] { tile_images(Bytes(5), 2, 1, 3); }),
            "[image_grid] 5 pixels do not make images of shape (2,1,3)");
  EXPECT_EQ(error_message([] { tile_images({}, 0, 28, 28); }),
            "[image_grid] 0 pixels do not make images of shape (0,28,28)");
  const auto huge = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(error_message([=] { tile_images(Bytes(1), 1, 1, 1, {.columns = huge}); }),
            "[image_grid] 18446744073709551615 columns with a border of 2 are too many");
  EXPECT_EQ(error_message([=] { tile_images(Bytes(1), 1, 1, 1, {.border = huge}); }),
            "[image_grid] 1 columns with a border of 18446744073709551615 are too many");
}

TEST(UnitToByte, ClampsAndRoundsToNearest) {
  EXPECT_EQ(unit_to_byte(0.0F), 0);
  EXPECT_EQ(unit_to_byte(1.0F), 255);
  EXPECT_EQ(unit_to_byte(0.5F), 128);
  EXPECT_EQ(unit_to_byte(0.499F / 255), 0);
  EXPECT_EQ(unit_to_byte(0.501F / 255), 1);
  EXPECT_EQ(unit_to_byte(254.499F / 255), 254);
  EXPECT_EQ(unit_to_byte(254.501F / 255), 255);
  EXPECT_EQ(unit_to_byte(-0.0F), 0);
  EXPECT_EQ(unit_to_byte(-7.0F), 0);
  EXPECT_EQ(unit_to_byte(7.0F), 255);
  EXPECT_EQ(unit_to_byte(std::numeric_limits<float>::infinity()), 255);
  EXPECT_EQ(unit_to_byte(-std::numeric_limits<float>::infinity()), 0);
  EXPECT_EQ(unit_to_byte(std::nanf("")), 0);
  EXPECT_EQ(unit_to_byte(std::nextafter(1.0F, 0.0F)), 255);
}

TEST(UnitToByte, IsTheInverseOfDividingBy255) {
  std::vector<float> values;
  Bytes expected;
  for (int i = 0; i < 256; ++i) {
    values.push_back(static_cast<float>(i) / 255);
    expected.push_back(static_cast<std::uint8_t>(i));
  }
  EXPECT_EQ(unit_to_bytes(values), expected);
}

}  // namespace
}  // namespace kiln
