// SPDX-License-Identifier: MIT
// Images of a generator that chooses categories: its pixels are what it makes of them.
#include <algorithm>
#include <cmath>

#include "models/draw.h"
#include "models/latent_path.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

constexpr std::size_t kCategories = 4;

// Of a latent vector of 6, with four categories; pixel k is category k's share.
models::LoadedNetwork share_generator(Device device) {
  const auto network =
      std::make_shared<models::Chain>(models::ChainConfig{{.name = "code",
                                                           .kind = models::LayerKind::categorical,
                                                           .in = {6},
                                                           .out = {6},
                                                           .categories = kCategories},
                                                          {.name = "fc1", .in = {6}, .out = {4}}},
                                      1, device);
  std::vector<float> weight(24, 0);
  for (std::size_t k = 0; k < kCategories; ++k) weight[k * 6 + k] = 0.5f;
  const std::vector<Tensor> parameters = network->parameters();
  parameters[0].copy_from(Tensor::from_host(weight, {4, 6}, device));
  parameters[1].fill(0);
  return {network, {.role = "generator", .image_shape = {2, 2}}};
}

std::size_t category_of(const std::vector<float>& pixels, std::size_t image) {
  const auto first = pixels.begin() + static_cast<std::ptrdiff_t>(image * kCategories);
  return static_cast<std::size_t>(std::max_element(first, first + kCategories) - first);
}

using CategoriesInDraws = PlaceTest;

// However close to one another the numbers are that choose, they choose one.
TEST_P(CategoriesInDraws, TruncationLeavesTheChoiceSharp) {
  const models::LoadedNetwork generator = share_generator(device());
  for (const double truncation : {0.0, 0.1}) {
    const models::DrawSettings settings = {
        .count = 400, .seed = 1, .label = {}, .truncation = truncation};
    const std::vector<float> pixels = models::draw_images(generator, settings, device());
    std::vector<int> drawn(kCategories);
    int sharp = 0;
    for (std::size_t i = 0; i < 400; ++i) {
      const std::size_t category = category_of(pixels, i);
      ++drawn[category];
      sharp += pixels[i * kCategories + category] > 0.9f ? 1 : 0;
    }
    EXPECT_EQ(sharp, 400) << truncation;
    for (const int count : drawn) EXPECT_NEAR(count, 100, 35) << truncation;
  }
}

TEST_P(CategoriesInDraws, APathGoesEvenlyFromOneToTheOther) {
  const models::LoadedNetwork generator = share_generator(device());
  const auto first = [&](std::uint64_t seed) {
    return models::draw_images(generator, {.count = 1, .seed = seed, .label = {}}, device());
  };
  std::uint64_t other = 2;
  while (category_of(first(other), 0) == category_of(first(1), 0)) ++other;
  const std::vector<float> from = first(1), to = first(other);
  const std::vector<float> path =
      models::images_between(generator, 1, other, 5, std::nullopt, device());
  std::vector<double> expected;
  for (int i = 0; i < 5; ++i) {
    for (std::size_t k = 0; k < kCategories; ++k) {
      expected.push_back((1 - i / 4.0) * from[k] + i / 4.0 * to[k]);
    }
  }
  EXPECT_TRUE(near(path, expected, 0, 1e-6));
  expect_error([&] { models::images_between(generator, 1, other, 5, 0, device()); },
               "its images have no labels to choose from");
}

KILN_ON_EVERY_FLOAT_PLACE(CategoriesInDraws);

}  // namespace
}  // namespace kiln::test
