// SPDX-License-Identifier: MIT
#include "models/gan/gan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/autograd/backward.h"
#include "engine/memory_pool.h"
#include "engine/ops/loss.h"
#include "engine/ops/reduce.h"
#include "models/gan/gradient_penalty.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using models::ActivationKind;
using models::Gan;
using models::GanMetrics;
using models::GanRecipe;

constexpr std::int64_t kPixels = 16, kBatch = 8;

Tensor batch(std::uint64_t seed) { return Rng(seed, Device::cpu()).uniform({kBatch, kPixels}); }

Gan small_gan(const std::string& recipe, std::uint64_t seed = 1) {
  return Gan(GanRecipe::from_name(recipe), kPixels, seed, Device::cpu());
}

std::vector<float> weights(const models::Chain& mlp) {
  std::vector<float> all;
  for (const Tensor& parameter : mlp.parameters()) {
    const std::vector<float> values = parameter.to_host<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

std::vector<float> generated(Gan& gan, const Tensor& noise) {
  const NoGradGuard no_grad;
  return gan.generator()(noise).to_host<float>();
}

TEST(Gan, EqualSeedsGiveEqualBits) {
  for (const char* recipe : {"seed", "stable", "lsgan", "hinge", "wgan-gp"}) {
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

TEST(Gan, BothLearningRatesTakeTheFactor) {
  Gan gan = small_gan("seed");
  gan.train_step(batch(1));
  const std::vector<float> generator = weights(gan.generator());
  const std::vector<float> discriminator = weights(gan.discriminator());
  gan.set_learning_rate_factor(0);
  gan.train_step(batch(1));
  EXPECT_TRUE(same_bits(weights(gan.generator()), generator));
  EXPECT_TRUE(same_bits(weights(gan.discriminator()), discriminator));
  gan.set_learning_rate_factor(1);
  gan.train_step(batch(1));
  EXPECT_FALSE(same_bits(weights(gan.generator()), generator));
  EXPECT_FALSE(same_bits(weights(gan.discriminator()), discriminator));
}

TEST(Gan, DrawsFreshNoiseForEachUpdate) {
  Gan a = small_gan("seed"), b = small_gan("seed");
  Rng noise(derive_seed(1, 2), Device::cpu());
  const Tensor both = noise.normal({2 * kBatch, 100});
  a.train_step(batch(1));
  b.update_discriminator(batch(1), both.slice(0, {kBatch, 100}));
  b.update_generator(both.slice(kBatch * 100, {kBatch, 100}));
  EXPECT_TRUE(near(weights(a.generator()), weights(b.generator()), 1e-5, 1e-6));
  EXPECT_TRUE(near(weights(a.discriminator()), weights(b.discriminator()), 1e-5, 1e-6));
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

// One sample's first output of a leaky ReLU network, and its gradient with respect to the input, by
// the chain rule in double.
struct Judged {
  double output;
  std::vector<double> gradient;
};

Judged judge(const models::Chain& mlp, const float* x) {
  const std::vector<Tensor> parameters = mlp.parameters();
  std::vector<std::vector<double>> slopes;  // of each layer's activation
  std::vector<double> values(x, x + mlp.inputs());
  for (std::size_t layer = 0; layer < parameters.size(); layer += 2) {
    const std::vector<float> weight = parameters[layer].to_host<float>();
    const std::vector<float> bias = parameters[layer + 1].to_host<float>();
    const bool last = layer + 2 == parameters.size();
    std::vector<double> next(bias.begin(), bias.end()), slope(bias.size(), 1.0);
    for (std::size_t i = 0; i < next.size(); ++i) {
      for (std::size_t j = 0; j < values.size(); ++j) {
        next[i] += weight[i * values.size() + j] * values[j];
      }
      if (!last && next[i] < 0) slope[i] = mlp.layers()[0].activation.slope;
      next[i] *= slope[i];
    }
    slopes.push_back(slope);
    values = next;
  }
  std::vector<double> gradient(values.size());
  gradient[0] = 1;
  for (std::size_t layer = slopes.size(); layer-- > 0;) {
    const Tensor& parameter = parameters[2 * layer];
    const std::vector<float> weight = parameter.to_host<float>();
    std::vector<double> previous(static_cast<std::size_t>(parameter.dim(1)));
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      for (std::size_t j = 0; j < previous.size(); ++j) {
        previous[j] += gradient[i] * slopes[layer][i] * weight[i * previous.size() + j];
      }
    }
    gradient = previous;
  }
  return {values[0], gradient};
}

// What recipe `stable` adds to both losses for an image made of this noise: the log-losses of the
// discriminator's guesses, of which the one of the largest of the first numbers is right.
double category_loss(Gan& gan, const GanRecipe& recipe, const float* noise, const float* image) {
  const auto categories = static_cast<std::size_t>(recipe.categories);
  const std::vector<float> outputs =
      gan.discriminator()(Tensor::from_host(std::vector<float>(image, image + kPixels),
                                            {1, kPixels}, Device::cpu()))
          .to_host<float>();
  EXPECT_EQ(outputs.size(), 1 + categories);
  const auto chosen = static_cast<std::size_t>(std::max_element(noise, noise + categories) - noise);
  double loss = 0;
  for (std::size_t k = 0; k < categories; ++k) {
    const double guess = outputs.at(1 + k);
    loss += std::log1p(std::exp(k == chosen ? -guess : guess));
  }
  return recipe.category_weight * loss;
}

// L_D of recipe `stable` by its formula, with the penalty at the first step and not at the second;
// and L_G.
TEST(Gan, StableLossHasTheR1PenaltyAtItsInterval) {
  const GanRecipe recipe = GanRecipe::from_name("stable");
  Gan gan(recipe, kPixels, 3, Device::cpu());
  const Tensor real = batch(9), noise = Rng(2, Device::cpu()).normal({kBatch, 100});
  const std::vector<float> x = real.to_host<float>(), z = noise.to_host<float>();
  for (const bool with_penalty : {true, false}) {
    const std::vector<float> fake = generated(gan, noise);
    double adversarial = 0, penalty = 0;
    for (std::int64_t i = 0; i < kBatch; ++i) {
      const Judged on_real = judge(gan.discriminator(), &x[i * kPixels]);
      const Judged on_fake = judge(gan.discriminator(), &fake[i * kPixels]);
      adversarial += std::log1p(std::exp(-on_real.output)) + std::log1p(std::exp(on_fake.output));
      adversarial += category_loss(gan, recipe, &z[i * 100], &fake[i * kPixels]);
      for (const double slope : on_real.gradient) penalty += slope * slope;
    }
    penalty *= with_penalty ? static_cast<double>(recipe.r1_interval) * recipe.r1 / 2 : 0;
    EXPECT_EQ(penalty > 0.01 * kBatch, with_penalty);
    gan.update_discriminator(real, noise);
    double passing = 0;
    for (std::int64_t i = 0; i < kBatch; ++i) {
      const Judged on_fake = judge(gan.discriminator(), &fake[i * kPixels]);
      passing += std::log1p(std::exp(-on_fake.output)) +
                 category_loss(gan, recipe, &z[i * 100], &fake[i * kPixels]);
    }
    gan.update_generator(noise);
    const GanMetrics metrics = gan.read_metrics();
    EXPECT_TRUE(near(metrics.d_loss, (adversarial + penalty) / kBatch, 1e-5, 0));
    EXPECT_TRUE(near(metrics.g_loss, passing / kBatch, 1e-5, 0));
  }
}

// L_D of recipe `wgan-gp`, with the noise and the mixtures that its generator of random numbers
// draws.
TEST(Gan, WganPenaltyIsAtRandomMixtures) {
  Gan gan = small_gan("wgan-gp");
  Rng same(derive_seed(1, 2), Device::cpu());
  const Tensor noise = same.normal({kBatch, 100}), mix = same.uniform({kBatch}), real = batch(9);
  const Tensor fake = gan.generator()(noise).detach();
  const auto judge = [&](const Tensor& x) { return gan.discriminator()(x); };
  const double penalty = models::gradient_penalty(judge, real, fake, mix, kPixels, 10).item();
  const double distance = mean(judge(real)).item() - mean(judge(fake)).item();
  EXPECT_GT(penalty, 0.1);
  gan.train_step(real);
  EXPECT_TRUE(near(gan.read_metrics().d_loss, penalty - distance, 1e-5, 0));
}

// The critic moves at every step, the generator at every fifth; the log shows the last loss of
// each.
TEST(Gan, TheGeneratorWaitsForItsCritic) {
  Gan gan = small_gan("wgan-gp");
  double g_loss = 0;
  for (std::uint64_t step = 1; step <= 6; ++step) {
    const std::vector<float> generator = weights(gan.generator());
    const std::vector<float> critic = weights(gan.discriminator());
    gan.train_step(batch(step));
    EXPECT_FALSE(same_bits(weights(gan.discriminator()), critic)) << step;
    const bool stood_still = static_cast<bool>(same_bits(weights(gan.generator()), generator));
    EXPECT_EQ(stood_still, step % 2 != 0) << step;
    const GanMetrics metrics = gan.read_metrics();
    if (step % 2 == 0) {
      EXPECT_NE(metrics.g_loss, g_loss) << step;
      g_loss = metrics.g_loss;
    }
    EXPECT_EQ(metrics.g_loss, g_loss) << step;
  }
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
  EXPECT_EQ(row_sizes(seed.generator(784)), (std::vector<std::int64_t>{100, 128, 256, 512, 784}));
  EXPECT_EQ(row_sizes(seed.discriminator(784)), (std::vector<std::int64_t>{784, 256, 128, 1}));
  EXPECT_EQ(seed.discriminator(784).back().activation.kind, ActivationKind::sigmoid);
  EXPECT_DOUBLE_EQ(seed.generator_adam.learning_rate, 2e-4);
  EXPECT_DOUBLE_EQ(seed.generator_adam.beta1, 0.9);
  const GanRecipe stable = GanRecipe::from_name("stable");
  EXPECT_EQ(row_sizes(stable.generator(784)),
            (std::vector<std::int64_t>{100, 100, 128, 256, 512, 784}));
  EXPECT_EQ(stable.generator(784)[0].kind, models::LayerKind::categorical);
  EXPECT_EQ(stable.generator(784)[0].categories, 10);
  EXPECT_EQ(stable.generator(784)[1].activation.kind, ActivationKind::relu);
  EXPECT_EQ(row_sizes(stable.discriminator(784)),
            (std::vector<std::int64_t>{784, 512, 256, 128, 11}));
  GanRecipe conditional = stable;
  conditional.classes = 10;
  EXPECT_EQ(row_sizes(conditional.generator(784)),
            (std::vector<std::int64_t>{110, 128, 256, 512, 784}));
  EXPECT_EQ(row_sizes(conditional.discriminator(784)),
            (std::vector<std::int64_t>{794, 512, 256, 128, 1}));
  const GanRecipe wgan = GanRecipe::from_name("wgan-gp");
  EXPECT_EQ(wgan.gradient_penalty, 10);
  EXPECT_EQ(wgan.critic_steps, 2);
  EXPECT_EQ(wgan.r1, 0);
  EXPECT_DOUBLE_EQ(wgan.generator_adam.learning_rate, 1e-3);
  EXPECT_DOUBLE_EQ(wgan.discriminator_adam.beta2, 0.99);
  for (const char* name : {"lsgan", "hinge", "wgan-gp", "dcgan"}) {
    const GanRecipe recipe = GanRecipe::from_name(name);
    EXPECT_EQ(recipe.name, name);
    EXPECT_EQ(recipe.discriminator(784).back().activation.kind, ActivationKind::identity);
  }
  expect_error([] { GanRecipe::from_name("Stable"); },
               "recipe 'Stable' is unknown: use seed, stable, lsgan, hinge, wgan-gp or dcgan");
}

TEST(GanRecipe, CategoriesAreForLogits) {
  GanRecipe recipe = GanRecipe::from_name("hinge");
  recipe.categories = 4;
  expect_error([&] { Gan(recipe, kPixels, 1, Device::cpu()); },
               "[gan] categories are for the loss on logits");
}

TEST(GanRecipe, ConvolutionsWantSquareImagesWithoutLabels) {
  GanRecipe recipe = GanRecipe::from_name("dcgan");
  EXPECT_EQ(recipe.generator(784).back().kind, models::LayerKind::conv_transpose2d);
  EXPECT_EQ(recipe.discriminator(784).front().kind, models::LayerKind::conv2d);
  expect_error([&] { recipe.generator(785); },
               "images of 785 pixels are not square, as a convolutional network needs them");
  recipe.classes = 10;
  expect_error([&] { recipe.discriminator(784); }, "recipe 'dcgan' takes no labels");
}

}  // namespace
}  // namespace kiln::test
