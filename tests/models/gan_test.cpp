// SPDX-License-Identifier: MIT
#include "models/gan/gan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/autograd/backward.h"
#include "engine/memory_pool.h"
#include "engine/ops/loss.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using models::Gan;
using models::GanMetrics;
using models::GanRecipe;

constexpr std::int64_t kPixels = 16, kBatch = 8;

Tensor batch(std::uint64_t seed) { return Rng(seed, Device::cpu()).uniform({kBatch, kPixels}); }

Gan small_gan(const std::string& recipe, std::uint64_t seed = 1) {
  return Gan(GanRecipe::from_name(recipe), kPixels, seed, Device::cpu());
}

std::vector<float> weights(const models::Mlp& mlp) {
  std::vector<float> all;
  for (const Tensor& parameter : mlp.parameters()) {
    const std::vector<float> values = parameter.to_host<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

TEST(Gan, EqualSeedsGiveEqualBits) {
  for (const char* recipe : {"seed", "stable"}) {
    Gan a = small_gan(recipe, 5), b = small_gan(recipe, 5), c = small_gan(recipe, 6);
    for (std::uint64_t step = 0; step < 5; ++step) {
      for (Gan* gan : {&a, &b, &c}) gan->train_step(batch(step));
    }
    EXPECT_TRUE(same_bits(weights(a.generator()), weights(b.generator()))) << recipe;
    EXPECT_TRUE(same_bits(weights(a.discriminator()), weights(b.discriminator()))) << recipe;
    EXPECT_FALSE(same_bits(weights(a.generator()), weights(c.generator()))) << recipe;
  }
}

TEST(Gan, EachUpdateMovesItsOwnNetworkAlone) {
  Gan gan = small_gan("stable");
  const Tensor noise = Rng(2, Device::cpu()).normal({kBatch, 100});
  const std::vector<float> generator = weights(gan.generator());
  gan.update_discriminator(batch(1), noise);
  EXPECT_TRUE(same_bits(weights(gan.generator()), generator));
  const std::vector<float> discriminator = weights(gan.discriminator());
  gan.update_generator(noise);
  EXPECT_TRUE(same_bits(weights(gan.discriminator()), discriminator));
  EXPECT_FALSE(same_bits(weights(gan.generator()), generator));
}

TEST(Gan, DrawsFreshNoiseForEachUpdate) {
  Gan a = small_gan("seed"), b = small_gan("seed");
  Rng noise(derive_seed(1, 2), Device::cpu());
  const Tensor first = noise.normal({kBatch, 100});
  const Tensor second = noise.normal({kBatch, 100});
  a.train_step(batch(1));
  b.update_discriminator(batch(1), first);
  b.update_generator(second);
  EXPECT_TRUE(same_bits(weights(a.generator()), weights(b.generator())));
}

TEST(Gan, MetricsAreMeansSinceTheLastRead) {
  Gan gan = small_gan("seed"), other = small_gan("seed");
  double d_loss = 0, d_real = 0;
  for (std::uint64_t step = 0; step < 4; ++step) {
    gan.train_step(batch(step));
    other.train_step(batch(step));
    const GanMetrics metrics = other.read_metrics();
    d_loss += metrics.d_loss / 4;
    d_real += metrics.d_real / 4;
  }
  const GanMetrics metrics = gan.read_metrics();
  EXPECT_TRUE(near(metrics.d_loss, d_loss, 1e-6, 0));
  EXPECT_TRUE(near(metrics.d_real, d_real, 1e-6, 0));
  EXPECT_GT(metrics.d_real, 0.0);
  EXPECT_LT(metrics.d_real, 1.0);
}

// L_D of recipe `stable` by its formula, with the gradient of D by central differences.
TEST(Gan, StableLossHasTheR1Penalty) {
  GanRecipe recipe = GanRecipe::from_name("stable");
  Gan gan(recipe, kPixels, 3, Device::cpu());
  const Tensor real = batch(9), noise = Rng(2, Device::cpu()).normal({kBatch, 100});
  const NoGradGuard no_grad;
  const std::vector<float> on_real = gan.discriminator()(real).to_host<float>();
  const std::vector<float> on_fake = gan.discriminator()(gan.generator()(noise)).to_host<float>();
  double expected = 0;
  for (std::size_t i = 0; i < on_real.size(); ++i) {
    expected += (std::log1p(std::exp(-on_real[i])) + std::log1p(std::exp(on_fake[i]))) / kBatch;
  }
  constexpr float kStep = 1e-2f;
  const std::vector<float> x = real.to_host<float>();
  for (std::size_t pixel = 0; pixel < kPixels; ++pixel) {
    std::vector<float> up = x, down = x;
    for (std::size_t i = pixel; i < x.size(); i += kPixels) {
      up[i] += kStep;
      down[i] -= kStep;
    }
    const Shape shape = real.shape();
    const auto high =
        gan.discriminator()(Tensor::from_host(up, shape, Device::cpu())).to_host<float>();
    const auto low =
        gan.discriminator()(Tensor::from_host(down, shape, Device::cpu())).to_host<float>();
    for (std::size_t i = 0; i < high.size(); ++i) {
      const double slope = (high[i] - low[i]) / (2.0 * kStep);
      expected += recipe.r1 / 2 * slope * slope / kBatch;
    }
  }
  const GradModeGuard grad_on(true);
  gan.update_discriminator(real, noise);
  gan.update_generator(noise);
  EXPECT_TRUE(near(gan.read_metrics().d_loss, expected, 1e-4, 0));
}

TEST(Gan, SamplesComeFromTheAverageWhereThereIsOne) {
  Gan seed = small_gan("seed"), stable = small_gan("stable");
  for (Gan* gan : {&seed, &stable}) gan->train_step(batch(1));
  EXPECT_EQ(&seed.sampling_generator(), &seed.generator());
  EXPECT_NE(&stable.sampling_generator(), &stable.generator());
  const Tensor samples = stable.sample(Rng(1, Device::cpu()).normal({3, 100}));
  EXPECT_EQ(samples.shape(), (Shape{3, kPixels}));
  for (const float value : samples.to_host<float>()) {
    EXPECT_GE(value, 0.0f);
    EXPECT_LE(value, 1.0f);
  }
}

TEST(Gan, LossThatIsNotFiniteNamesTheStep) {
  Gan gan = small_gan("stable");
  gan.train_step(Tensor::full({kBatch, kPixels}, std::nan(""), Device::cpu()));
  expect_error([&] { gan.read_metrics(); },
               "d_loss is not finite at step 1: the training has diverged; try a smaller learning "
               "rate");
}

TEST(Gan, SteadyStateAllocatesNothing) {
  Gan gan = small_gan("stable");
  const Tensor real = batch(1);
  for (int step = 0; step < 3; ++step) gan.train_step(real);
  const std::size_t before = Device::cpu().pool().device_allocations();
  for (int step = 0; step < 5; ++step) gan.train_step(real);
  EXPECT_EQ(Device::cpu().pool().device_allocations(), before);
}

TEST(GanRecipe, NamesAndNetworks) {
  const GanRecipe seed = GanRecipe::from_name("seed");
  EXPECT_EQ(seed.generator(784).sizes, (std::vector<std::int64_t>{100, 128, 256, 512, 784}));
  EXPECT_EQ(seed.discriminator(784).sizes, (std::vector<std::int64_t>{784, 256, 128, 1}));
  EXPECT_EQ(seed.discriminator(784).output_activation.kind, ActivationKind::sigmoid);
  EXPECT_DOUBLE_EQ(seed.generator_adam.learning_rate, 2e-4);
  EXPECT_DOUBLE_EQ(seed.generator_adam.beta1, 0.9);
  const GanRecipe stable = GanRecipe::from_name("stable");
  EXPECT_EQ(stable.generator(784).sizes, seed.generator(784).sizes);
  EXPECT_EQ(stable.generator(784).hidden_activation.kind, ActivationKind::relu);
  expect_error([] { GanRecipe::from_name("Stable"); },
               "recipe 'Stable' is unknown: use seed or stable");
}

}  // namespace
}  // namespace kiln::test
