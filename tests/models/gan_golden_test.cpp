// SPDX-License-Identifier: MIT
// 20 steps of recipe `seed` against PyTorch (scripts/golden/gan_seed_golden.py).
#include "engine/data/gather.h"
#include "models/gan/gan.h"
#include "tests/models/golden.h"
#include "tests/support/devices.h"

namespace kiln::test {
namespace {

class GanGolden : public PlaceTest {};

TEST_P(GanGolden, TwentyStepsOfSeedMatchPyTorch) {
  if (is_double()) GTEST_SKIP() << "the models compute in float";
  constexpr std::int64_t kBatch = 64, kSteps = 20, kLatent = 100;
  const Tensor images = golden_images(kBatch * kSteps, device());
  models::Gan gan(models::GanRecipe::from_name("seed"), 784, 1, device());
  set_hashed_weights(gan.generator(), 0, device());
  set_hashed_weights(gan.discriminator(), 20, device());

  std::vector<double> d_losses, g_losses;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    std::vector<std::int32_t> indices;
    for (std::int64_t i = 0; i < kBatch; ++i) {
      indices.push_back(static_cast<std::int32_t>(step * kBatch + i));
    }
    const auto noise = [&](std::int64_t half) {
      return hashed_noise(kBatch, kLatent, static_cast<std::uint32_t>(100 + 2 * step + half),
                          device());
    };
    gan.update_discriminator(gather_rows(images, Tensor::from_host(indices, {kBatch}, device())),
                             noise(0));
    gan.update_generator(noise(1));
    const models::GanMetrics metrics = gan.read_metrics();
    d_losses.push_back(metrics.d_loss);
    g_losses.push_back(metrics.g_loss);
  }

  const nlohmann::json golden = read_golden("gan_seed.json");
  EXPECT_TRUE(near(d_losses, golden["d_loss"].get<std::vector<double>>(), 1e-5, 0));
  EXPECT_TRUE(near(g_losses, golden["g_loss"].get<std::vector<double>>(), 1e-5, 0));
  expect_golden_weights(gan.generator(), golden["generator"]);
  expect_golden_weights(gan.discriminator(), golden["discriminator"]);
}

KILN_ON_EVERY_PLACE(GanGolden);

}  // namespace
}  // namespace kiln::test
