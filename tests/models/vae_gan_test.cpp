// SPDX-License-Identifier: MIT
#include "models/vae_gan/vae_gan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/autograd/grad_mode.h"
#include "engine/data/gather.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/linear.h"
#include "tests/models/capture.h"
#include "tests/models/golden.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using models::VaeGan;
using models::VaeGanLosses;
using models::VaeGanRecipe;

constexpr std::int64_t kSidePixels = 16, kVaeGanRows = 8;

VaeGanRecipe small_vae_gan() {
  VaeGanRecipe recipe;
  recipe.latent_size = 3;
  recipe.hidden = {24};
  recipe.feature_hidden = {24, 12};
  recipe.judge_hidden = {8};
  return recipe;
}

Tensor vae_gan_images(Device device = Device::cpu()) {
  return Rng(5, device).uniform({kVaeGanRows, kSidePixels});
}

Tensor vae_gan_draws(std::uint64_t seed, Device device = Device::cpu()) {
  return Rng(seed, device).normal({kVaeGanRows, 3});
}

std::vector<float> weights(VaeGan& model) {
  return weights_of({&model.encoder(), &model.decoder(), &model.features(), &model.judge()});
}

TEST(VaeGan, TheLossesAreTheFormulas) {
  VaeGan model(small_vae_gan(), kSidePixels, 1, Device::cpu());
  const Tensor x = vae_gan_images(), noise = vae_gan_draws(2), prior = vae_gan_draws(3);
  const VaeGanLosses losses = model.losses(x, noise, prior);
  const NoGradGuard no_grad;

  const Tensor q = model.encoder()(x);
  const std::vector<float> parameters = q.to_host<float>();
  const Tensor reconstruction = model.decoder()(gaussian_sample(q, noise));
  const std::vector<float> seen = model.features()(x).to_host<float>(),
                           seen_again = model.features()(reconstruction).to_host<float>();
  double kl = 0, likeness = 0, gan = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double p = parameters[i];
    kl += (i % 6 < 3 ? p * p : std::exp(p) - 1 - p) / 2 / kVaeGanRows;
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const double difference = static_cast<double>(seen[i]) - static_cast<double>(seen_again[i]);
    likeness += difference * difference / 2 / kVaeGanRows;
  }
  const auto add = [&](const Tensor& images, double sign) {
    for (const float logit : model.discriminator()(images).to_host<float>()) {
      gan += std::log1p(std::exp(-sign * static_cast<double>(logit))) / kVaeGanRows;
    }
  };
  add(x, 1);
  add(reconstruction, -1);
  add(model.decoder()(prior), -1);
  EXPECT_TRUE(near(losses.prior.item(), kl, 1e-5, 0));
  EXPECT_TRUE(near(losses.likeness.item(), likeness, 1e-5, 0));
  EXPECT_TRUE(near(losses.gan.item(), gan, 1e-5, 0));
}

// With the other networks held, each makes the same step: no update sees another's.
TEST(VaeGan, TheThreeUpdatesStartFromTheSameWeights) {
  const auto stepped = [](double encoder, double decoder, double discriminator) {
    VaeGanRecipe recipe = small_vae_gan();
    recipe.encoder_adam.learning_rate *= encoder;
    recipe.decoder_adam.learning_rate *= decoder;
    recipe.discriminator_adam.learning_rate *= discriminator;
    auto model = std::make_unique<VaeGan>(recipe, kSidePixels, 1, Device::cpu());
    model->train_step(vae_gan_images(), vae_gan_draws(2), vae_gan_draws(3));
    return model;
  };
  const auto all = stepped(1, 1, 1), none = stepped(0, 0, 0), encoder = stepped(1, 0, 0),
             decoder = stepped(0, 1, 0), discriminator = stepped(0, 0, 1);
  const auto same = [](models::Mlp& a, models::Mlp& b) {
    return same_bits(weights_of({&a}), weights_of({&b}));
  };
  EXPECT_TRUE(same(all->encoder(), encoder->encoder()));
  EXPECT_TRUE(same(all->decoder(), decoder->decoder()));
  EXPECT_TRUE(same(all->features(), discriminator->features()));
  EXPECT_TRUE(same(all->judge(), discriminator->judge()));
  EXPECT_FALSE(same(all->encoder(), none->encoder()));
  EXPECT_FALSE(same(all->decoder(), none->decoder()));
  EXPECT_FALSE(same(all->features(), none->features()));
  EXPECT_FALSE(same(all->judge(), none->judge()));
}

TEST(VaeGan, EqualSeedsGiveEqualBits) {
  const auto trained = [](std::uint64_t seed) {
    VaeGan model(small_vae_gan(), kSidePixels, seed, Device::cpu());
    for (int step = 0; step < 10; ++step) model.train_step(vae_gan_images());
    return weights(model);
  };
  EXPECT_TRUE(same_bits(trained(4), trained(4)));
  EXPECT_FALSE(same_bits(trained(4), trained(5)));
}

// Images of two shades: an image's reconstruction has its own, samples have either.
TEST(VaeGan, EveryLearningRateTakesTheFactor) {
  VaeGan model(small_vae_gan(), kSidePixels, 1, Device::cpu());
  model.train_step(vae_gan_images());
  const std::vector<float> before = weights(model);
  model.set_learning_rate_factor(0);
  model.train_step(vae_gan_images());
  EXPECT_TRUE(same_bits(weights(model), before));
}

TEST(VaeGan, Learns) {
  std::vector<float> pixels;
  for (int i = 0; i < 32 * kSidePixels; ++i) pixels.push_back(i / kSidePixels % 2 ? 0.9f : 0.1f);
  const Tensor images = Tensor::from_host(pixels, {32, kSidePixels}, Device::cpu());
  VaeGan model(small_vae_gan(), kSidePixels, 1, Device::cpu());
  for (int step = 0; step < 1500; ++step) model.train_step(images);
  EXPECT_TRUE(near(model.reconstruct(images).to_host<float>(), pixels, 0, 0.2));
  const auto samples = model.sample(Rng(9, Device::cpu()).normal({200, 3})).to_host<float>();
  int bright = 0, dark = 0;
  for (std::size_t i = 0; i < samples.size(); i += kSidePixels) {
    double shade = 0;
    for (std::size_t j = 0; j < kSidePixels; ++j) shade += samples[i + j] / kSidePixels;
    bright += shade > 0.6 ? 1 : 0;
    dark += shade < 0.4 ? 1 : 0;
  }
  EXPECT_GT(bright, 40);
  EXPECT_GT(dark, 40);
}

TEST(VaeGan, ItsDiscriminatorIsBothHalvesAsTheyAre) {
  VaeGan model(small_vae_gan(), kSidePixels, 1, Device::cpu());
  model.discriminator();
  model.train_step(vae_gan_images());
  const NoGradGuard no_grad;
  models::Mlp& whole = model.discriminator();
  EXPECT_TRUE(same_bits(whole(vae_gan_images()).to_host<float>(),
                        model.judge()(model.features()(vae_gan_images())).to_host<float>()));
}

TEST(VaeGan, BadSettingsAreErrors) {
  VaeGanRecipe recipe = small_vae_gan();
  const auto make = [&] { VaeGan(recipe, kSidePixels, 1, Device::cpu()); };
  recipe.gamma = -1;
  expect_error(make, "[vae_gan] gamma -1.000000 is not a number of at least 0");
  recipe = small_vae_gan();
  recipe.r1 = std::nan("");
  expect_error(make, "[vae_gan] r1 nan is not a number of at least 0");
  recipe = small_vae_gan();
  recipe.feature_hidden = {};
  expect_error(make, "[vae_gan] there is no feature layer");
  expect_error([&] { recipe.set_learning_rate(std::nan("")); },
               "[vae_gan] learning rate nan is not a number of at least 0");
  recipe.set_learning_rate(2 * recipe.decoder_adam.learning_rate);
  EXPECT_EQ(recipe.encoder_adam.learning_rate, 2 * VaeGanRecipe().encoder_adam.learning_rate);
}

TEST(VaeGan, ALossThatIsNotFiniteNamesTheStep) {
  VaeGan model(small_vae_gan(), kSidePixels, 1, Device::cpu());
  model.train_step(Tensor::full({4, kSidePixels}, std::nan(""), Device::cpu()));
  expect_error([&] { model.read_metrics(); },
               "the likeness is not finite at step 1: the training has diverged; try a smaller "
               "learning rate");
}

class VaeGanPlaces : public PlaceTest {};

TEST_P(VaeGanPlaces, TrainsAsOnTheCpu) {
  const auto trained = [](Device device) {
    VaeGan model(small_vae_gan(), kSidePixels, 3, device);
    for (std::uint64_t step = 0; step < 5; ++step) {
      model.train_step(vae_gan_images(device), vae_gan_draws(2 * step, device),
                       vae_gan_draws(2 * step + 1, device));
    }
    const models::VaeGanMetrics mean = model.read_metrics();
    return std::pair(std::vector<double>{mean.kl, mean.likeness, mean.d_loss}, weights(model));
  };
  const auto expected = trained(Device::cpu()), actual = trained(device());
  EXPECT_TRUE(near(actual.first, expected.first, 1e-4, 0));
  EXPECT_TRUE(near(actual.second, expected.second, 1e-3, 1e-4));
}

// Losses and gradients at fixed weights (scripts/golden/vae_gan_golden.py).
TEST_P(VaeGanPlaces, LossesAndGradientsMatchPyTorch) {
  constexpr std::int64_t kImages = 16;
  VaeGanRecipe recipe;
  recipe.latent_size = 32;
  recipe.hidden = {128};
  recipe.feature_hidden = {128, 64};
  recipe.judge_hidden = {32};
  recipe.gamma = 0.5;
  recipe.prior_weight = 0.7;
  recipe.r1 = 100;
  VaeGan model(recipe, 784, 1, device());
  const std::pair<const char*, models::Mlp*> nets[] = {{"encoder", &model.encoder()},
                                                       {"decoder", &model.decoder()},
                                                       {"features", &model.features()},
                                                       {"judge", &model.judge()}};
  std::uint32_t stream = 0;
  for (const auto& [name, net] : nets) {
    set_hashed_weights(*net, stream, device());
    stream += 20;
  }
  std::vector<std::int32_t> indices;
  for (std::int32_t i = 0; i < kImages; ++i) indices.push_back(i);
  const Tensor images = gather_rows(golden_images(kImages, device()),
                                    Tensor::from_host(indices, {kImages}, device()));
  const VaeGanLosses losses = model.losses(images, hashed_noise(kImages, 32, 100, device()),
                                           hashed_noise(kImages, 32, 101, device()));
  const nlohmann::json golden = read_golden("vae_gan.json");
  EXPECT_TRUE(near(losses.prior.item(), golden["prior"].get<double>(), 1e-5, 0));
  EXPECT_TRUE(near(losses.likeness.item(), golden["likeness"].get<double>(), 1e-5, 0));
  EXPECT_TRUE(near(losses.gan.item(), golden["gan"].get<double>(), 1e-5, 0));
  EXPECT_TRUE(near(losses.penalty.item(), golden["penalty"].get<double>(), 1e-5, 0));
  model.add_gradients(losses);
  for (const auto& [name, net] : nets) expect_golden_gradients(*net, golden[name]);
}
KILN_ON_EVERY_FLOAT_PLACE(VaeGanPlaces);

// Each loss as a function of the weights; the discriminator's are constants to the likeness, which
// holds what it makes of the image fixed.
using VaeGanGradients = OpTest;
TEST_P(VaeGanGradients, OfEachLoss) {
  const std::vector<Input> inputs = {input({4, 3}, -1, 1), input({3, 2}, -1, 1),
                                     input({2, 3}, -1, 1, 2), input({1, 2}, -1, 1)};
  for (int which = 0; which < 4; ++which) {
    check(
        [=](const std::vector<Tensor>& w) {
          const auto constant = [&](std::vector<double> values, Shape shape) {
            return make_tensor(std::move(values), std::move(shape), w[0].device(), w[0].dtype());
          };
          const Activation curved = {ActivationKind::tanh};
          const auto weight = [&](std::size_t i) {
            return i < w.size() ? w[i] : constant(inputs[i].values, inputs[i].shape);
          };
          const models::VaeGanFunctions nets = {
              [&](const Tensor& x) { return linear(x, w[0], {}); },
              [&](const Tensor& z) { return linear(z, w[1], {}, {ActivationKind::sigmoid}); },
              [&](const Tensor& x) { return linear(x, weight(2), {}, curved); },
              [&](const Tensor& f) { return linear(f, weight(3), {}); }};
          const VaeGanLosses losses = models::vae_gan_losses(
              nets, constant({0.2, 0.9, 0, 1, 0.5, 0.1}, {2, 3}),
              constant({0.5, -1, 0.3, 1.2}, {2, 2}), constant({-0.7, 0.1, 1.1, -0.2}, {2, 2}), 0.5);
          const Tensor all[] = {losses.prior, losses.likeness, losses.gan, losses.penalty};
          return all[which];
        },
        which == 1 ? std::vector<Input>(inputs.begin(), inputs.begin() + 2) : inputs);
  }
}
KILN_ON_EVERY_PLACE(VaeGanGradients);

using VaeGanCapture = CaptureTest<int>;

TEST_P(VaeGanCapture, ReplayedStepsAreEagerStepsBitForBit) {
  VaeGan replayed(small_vae_gan(), kSidePixels, 3, Device::cuda()),
      eager(small_vae_gan(), kSidePixels, 3, Device::cuda());
  BatchStream batches = random_batches(GetParam(), kSidePixels),
              same_batches = random_batches(GetParam(), kSidePixels);
  for (int step = 0; step < 15; ++step) {
    if (step % 5 == 0) batches.start_epoch(step / 5), same_batches.start_epoch(step / 5);
    replayed.train_step(batches);
    eager.train_step(same_batches.next());
    if (step % 5 == 4) {
      const models::VaeGanMetrics a = replayed.read_metrics(), b = eager.read_metrics();
      EXPECT_EQ(a.kl, b.kl) << step;
      EXPECT_EQ(a.likeness, b.likeness) << step;
      EXPECT_EQ(a.d_loss, b.d_loss) << step;
    }
  }
  EXPECT_GT(replayed.num_graph_nodes(), 0u);
  EXPECT_TRUE(same_bits(weights(replayed), weights(eager)));
}

#ifdef KILN_CUDA_EMULATED
TEST_P(VaeGanCapture, ASteadyStepIsOneLaunchAndNothingElse) {
  VaeGan model(small_vae_gan(), kSidePixels, 1, Device::cuda());
  const BatchStream batches = random_batches(GetParam(), kSidePixels);
  expect_one_launch_a_step([&] { model.train_step(batches); });
}
#endif
INSTANTIATE_TEST_SUITE_P(Batches, VaeGanCapture, ::testing::Values(4));

}  // namespace
}  // namespace kiln::test
