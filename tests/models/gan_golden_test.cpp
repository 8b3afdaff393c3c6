// SPDX-License-Identifier: MIT
// 20 steps of recipe `seed` against PyTorch (scripts/golden/gan_seed_golden.py), from weights and
// noise that both sides compute by one integer hash.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/data/gather.h"
#include "engine/data/mnist.h"
#include "models/gan/gan.h"
#include "tests/support/devices.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

constexpr std::int64_t kGoldenBatch = 64, kSteps = 20, kLatent = 100;
constexpr std::size_t kStride = 997;

// lowbias32 of index + stream * 2^24, 24 bits of it, as floats in [-1, 1) times `scale`.
std::vector<float> hashed(std::int64_t count, std::uint32_t stream, float scale) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t x = static_cast<std::uint32_t>(i) + (stream << 24);
    x ^= x >> 16;
    x *= 0x7FEB352D;
    x ^= x >> 15;
    x *= 0x846CA68B;
    x ^= x >> 16;
    values.push_back((static_cast<float>(x >> 8) * 0x1p-23f - 1.0f) * scale);
  }
  return values;
}

void set_weights(models::Mlp& mlp, std::uint32_t stream, Device device) {
  const auto& sizes = mlp.config().sizes;
  std::size_t index = 0;
  for (const Tensor& parameter : mlp.parameters()) {
    const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(sizes[index++ / 2])));
    parameter.copy_from(
        Tensor::from_host(hashed(parameter.numel(), stream++, bound), parameter.shape(), device));
  }
}

Tensor noise(std::int64_t step, std::int64_t half, Device device) {
  return Tensor::from_host(
      hashed(kGoldenBatch * kLatent, static_cast<std::uint32_t>(100 + 2 * step + half), 1.7320508f),
      {kGoldenBatch, kLatent}, device);
}

void expect_weights(const models::Mlp& mlp, const nlohmann::json& golden) {
  const std::vector<nn::NamedTensor> parameters = mlp.named_parameters();
  ASSERT_EQ(parameters.size(), golden.size());
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const std::vector<float> values = parameters[p].tensor.to_host<float>();
    std::vector<float> sampled;
    for (std::size_t i = 0; i < values.size(); i += kStride) sampled.push_back(values[i]);
    EXPECT_TRUE(near(sampled, golden[p].get<std::vector<float>>(), 1e-4, 1e-5))
        << parameters[p].name;
  }
}

class GanGolden : public PlaceTest {};

TEST_P(GanGolden, TwentyStepsOfSeedMatchPyTorch) {
  if (is_double()) GTEST_SKIP() << "the models compute in float";
  const MnistData data = load_mnist(KILN_DATA_DIR, MnistSplit::train);
  const std::int64_t rows = kGoldenBatch * kSteps;
  const Tensor images = Tensor::from_host(
      std::span<const std::uint8_t>(data.images.pixels).first(rows * 784), {rows, 784}, device());
  models::Gan gan(models::GanRecipe::from_name("seed"), 784, 1, device());
  set_weights(gan.generator(), 0, device());
  set_weights(gan.discriminator(), 20, device());

  std::vector<double> d_losses, g_losses;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    std::vector<std::int32_t> indices;
    for (std::int64_t i = 0; i < kGoldenBatch; ++i) {
      indices.push_back(static_cast<std::int32_t>(step * kGoldenBatch + i));
    }
    gan.update_discriminator(
        gather_rows(images, Tensor::from_host(indices, {kGoldenBatch}, device())),
        noise(step, 0, device()));
    gan.update_generator(noise(step, 1, device()));
    const models::GanMetrics metrics = gan.read_metrics();
    d_losses.push_back(metrics.d_loss);
    g_losses.push_back(metrics.g_loss);
  }

  std::ifstream file(KILN_GOLDEN_DIR "/gan_seed.json");
  const nlohmann::json golden = nlohmann::json::parse(file);
  EXPECT_TRUE(near(d_losses, golden["d_loss"].get<std::vector<double>>(), 1e-5, 0));
  EXPECT_TRUE(near(g_losses, golden["g_loss"].get<std::vector<double>>(), 1e-5, 0));
  expect_weights(gan.generator(), golden["generator"]);
  expect_weights(gan.discriminator(), golden["discriminator"]);
}

KILN_ON_EVERY_PLACE(GanGolden);

}  // namespace
}  // namespace kiln::test
