// SPDX-License-Identifier: MIT
#include "engine/data/random_affine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "engine/device.h"
#include "tests/support/expect_error.h"

namespace kiln::test {
namespace {

using Moved = std::vector<std::uint8_t>;

// One bright block in each image.
IdxImages blocks(std::size_t count, std::size_t height, std::size_t width) {
  IdxImages images{count, height, width, Moved(count * height * width, 0)};
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::size_t y : {height / 2 - 1, height / 2}) {
      for (const std::size_t x : {width / 2 - 1, width / 2}) {
        images.pixels[(i * height + y) * width + x] = 200;
      }
    }
  }
  return images;
}

struct Moments {
  double mass = 0, x = 0, y = 0;
};

Moments moments(const Moved& pixels, std::size_t image, std::size_t height, std::size_t width) {
  Moments result;
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const double value = pixels[(image * height + y) * width + x];
      result.mass += value;
      result.x += value * static_cast<double>(x);
      result.y += value * static_cast<double>(y);
    }
  }
  result.x /= result.mass;
  result.y /= result.mass;
  return result;
}

TEST(RandomAffineTest, NoMovementChangesNothing) {
  const IdxImages images = blocks(3, 8, 12);
  EXPECT_EQ(random_affine(images, {0, 0, 0}, 1), images.pixels);
}

// The block's centre moves by what was drawn, up to the limit along each axis, and keeps its mass.
TEST(RandomAffineTest, ShiftsUpToTheLimit) {
  const std::size_t count = 500, height = 14, width = 18;
  const Moved moved = random_affine(blocks(count, height, width), {3, 0, 0}, 1);
  double least = 99, most = -99;
  for (std::size_t i = 0; i < count; ++i) {
    const Moments m = moments(moved, i, height, width);
    EXPECT_NEAR(m.mass, 800, 8);
    for (const double shift : {m.x - 8.5, m.y - 6.5}) {
      EXPECT_LE(std::abs(shift), 3.03);
      least = std::min(least, shift);
      most = std::max(most, shift);
    }
  }
  EXPECT_LT(least, -2.9);
  EXPECT_GT(most, 2.9);
}

TEST(RandomAffineTest, TurnsAboutTheCentre) {
  const std::size_t count = 300, side = 21;
  IdxImages images{count, side, side, Moved(count * side * side, 0)};
  for (std::size_t i = 0; i < count; ++i) images.pixels[(i * side + 10) * side + 18] = 255;
  const Moved moved = random_affine(images, {0, 30, 0}, 5);
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Moments m = moments(moved, i, side, side);
    EXPECT_NEAR(std::hypot(m.x - 10, m.y - 10), 8, 0.4);
    largest = std::max(largest, std::abs(std::atan2(m.y - 10, m.x - 10)));
  }
  EXPECT_NEAR(largest, std::acos(-1.0) / 6, 0.06);
}

TEST(RandomAffineTest, ScalesTheSize) {
  const std::size_t count = 300;
  const Moved moved = random_affine(blocks(count, 16, 16), {0, 0, 0.25}, 5);
  double least = 1e9, most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Moments m = moments(moved, i, 16, 16);
    EXPECT_NEAR(m.x, 7.5, 0.02);
    least = std::min(least, m.mass);
    most = std::max(most, m.mass);
  }
  EXPECT_LT(least, 0.75 * 800);
  EXPECT_GT(most, 1.35 * 800);
}

TEST(RandomAffineTest, FollowsTheSeedWhateverTheThreads) {
  const IdxImages images = blocks(300, 8, 8);
  const RandomAffine options{2, 10, 0.1};
  set_num_threads(1);
  const Moved one = random_affine(images, options, 4);
  set_num_threads(3);
  EXPECT_EQ(random_affine(images, options, 4), one);
  set_num_threads(0);
  EXPECT_NE(random_affine(images, options, 5), one);
  // Images move each in their own way.
  std::set<Moved> different;
  for (auto at = one.begin(); at != one.end(); at += 64) different.insert(Moved(at, at + 64));
  EXPECT_GT(different.size(), 250u);
}

TEST(RandomAffineTest, Errors) {
  const IdxImages images = blocks(1, 4, 4);
  expect_error(
      [&] {
        random_affine(images, {-1, 0, 0}, 1);
      },
      "[random_affine] -1 is not a number of at least 0");
  expect_error(
      [&] {
        random_affine(images, {0, NAN, 0}, 1);
      },
      "[random_affine] nan is not a number of at least 0");
  expect_error(
      [&] {
        random_affine(images, {0, 0, 1}, 1);
      },
      "[random_affine] scale 1 is not below 1");
  expect_error(
      [&] {
        random_affine({1, 4, 5, Moved(16)}, {}, 1);
      },
      "[random_affine] 16 pixels are not 1 images of 5x4");
}

}  // namespace
}  // namespace kiln::test
