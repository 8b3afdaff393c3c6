// SPDX-License-Identifier: MIT
#include "models/vae/vae.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "engine/ops/arithmetic.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/linear.h"
#include "engine/ops/loss.h"
#include "models/vae/bound.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using models::Likelihood;
using models::Vae;
using models::VaeLoss;
using models::VaeRecipe;

constexpr std::int64_t kImageSize = 12, kImages = 40;

Tensor vae_images() { return Rng(5, Device::cpu()).uniform({kImages, kImageSize}); }

VaeRecipe small_recipe() {
  VaeRecipe recipe = VaeRecipe::from_name("basic");
  recipe.hidden = {16};
  recipe.latent_size = 2;
  return recipe;
}

// The loss of one image with given noise, by the formulas alone.
struct ImageLoss {
  double reconstruction = 0, kl = 0;
};
ImageLoss by_formula(Vae& vae, const std::vector<float>& x, const std::vector<float>& noise) {
  const std::int64_t latent = vae.recipe().latent_size;
  const std::vector<float> q =
      vae.encode(Tensor::from_host(x, {1, kImageSize}, Device::cpu())).to_host<float>();
  ImageLoss loss;
  std::vector<float> z;
  for (std::int64_t j = 0; j < latent; ++j) {
    const double mean = q[static_cast<std::size_t>(j)];
    const double log_variance = q[static_cast<std::size_t>(latent + j)];
    z.push_back(
        static_cast<float>(mean + noise[static_cast<std::size_t>(j)] * std::exp(log_variance / 2)));
    loss.kl += (mean * mean + std::exp(log_variance) - 1 - log_variance) / 2;
  }
  const std::vector<float> p =
      vae.sample(Tensor::from_host(z, {1, latent}, Device::cpu())).to_host<float>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (vae.recipe().likelihood == Likelihood::bernoulli) {
      loss.reconstruction -= x[i] * std::log(p[i]) + (1 - x[i]) * std::log1p(-p[i]);
    } else {
      const double sigma = vae.recipe().sigma, u = (x[i] - p[i]) / sigma;
      loss.reconstruction += u * u / 2 + std::log(sigma * std::sqrt(2 * std::numbers::pi));
    }
  }
  return loss;
}

TEST(Vae, LossIsTheFormulas) {
  for (const Likelihood likelihood : {Likelihood::bernoulli, Likelihood::gaussian}) {
    VaeRecipe recipe = small_recipe();
    recipe.likelihood = likelihood;
    recipe.sigma = 0.3;
    recipe.beta = 0.5;
    Vae vae(recipe, kImageSize, 1, Device::cpu());
    const std::vector<float> pixels = vae_images().to_host<float>();
    const std::vector<float> noise = Rng(9, Device::cpu()).normal({kImages, 2}).to_host<float>();
    double reconstruction = 0, kl = 0;
    for (std::size_t i = 0; i < kImages; ++i) {
      const ImageLoss loss =
          by_formula(vae,
                     {pixels.begin() + static_cast<std::ptrdiff_t>(i * kImageSize),
                      pixels.begin() + static_cast<std::ptrdiff_t>((i + 1) * kImageSize)},
                     {noise[2 * i], noise[2 * i + 1]});
      reconstruction += loss.reconstruction / kImages;
      kl += loss.kl / kImages;
    }
    Rng same_noise(9, Device::cpu());
    const VaeLoss evaluated = vae.evaluate(vae_images(), same_noise);
    vae.train_step(vae_images(), Tensor::from_host(noise, {kImages, 2}, Device::cpu()));
    for (const VaeLoss& mean : {evaluated, vae.read_metrics()}) {
      EXPECT_TRUE(near(mean.reconstruction, reconstruction, 1e-5, 0));
      EXPECT_TRUE(near(mean.kl, kl, 1e-5, 0));
      EXPECT_TRUE(near(mean.loss, reconstruction + 0.5 * kl, 1e-5, 0));
    }
  }
}

TEST(Vae, Learns) {
  for (const char* name : {"basic", "deep", "burda"}) {
    VaeRecipe recipe = VaeRecipe::from_name(name);
    for (std::int64_t& size : recipe.hidden) size = 16;
    recipe.latent_size = 2;
    recipe.adam.learning_rate = 0.02;
    Vae vae(recipe, kImageSize, 1, Device::cpu());
    // Images that are all white or all black in either half: one bit each of four.
    std::vector<float> pixels;
    for (int i = 0; i < kImages * kImageSize; ++i) {
      const int image = i / kImageSize, half = i % kImageSize / (kImageSize / 2);
      pixels.push_back((image >> half & 1) != 0 ? 1.0f : 0.0f);
    }
    const Tensor images = Tensor::from_host(pixels, {kImages, kImageSize}, Device::cpu());
    Rng before(3, Device::cpu()), after(3, Device::cpu());
    const double first = vae.evaluate(images, before).loss;
    for (int step = 0; step < 400; ++step) vae.train_step(images);
    // One draw of noise for four images scatters by half a nat; the mean of these does not.
    constexpr int kDraws = 100;
    double last = 0;
    for (int draw = 0; draw < kDraws; ++draw) last += vae.evaluate(images, after).loss / kDraws;
    EXPECT_GT(first, 8) << name;   // 12 log 2 for a decoder that knows nothing
    EXPECT_LT(last, 3.5) << name;  // log 4 is the least
    const std::vector<float> again = vae.reconstruct(images).to_host<float>();
    EXPECT_TRUE(near(again, pixels, 0, 0.15)) << name;
  }
}

// beta = 0 leaves a plain autoencoder, whose KL divergence nothing holds down.
TEST(Vae, BetaWeighsTheDivergence) {
  const auto kl_after = [](double beta, std::int64_t warmup) {
    VaeRecipe recipe = small_recipe();
    recipe.beta = beta;
    recipe.kl_warmup_steps = warmup;
    recipe.adam.learning_rate = 0.01;
    Vae vae(recipe, kImageSize, 1, Device::cpu());
    for (int step = 0; step < 300; ++step) vae.train_step(vae_images());
    Rng rng(3, Device::cpu());
    return vae.evaluate(vae_images(), rng).kl;
  };
  const double none = kl_after(0, 0), some = kl_after(1, 0), much = kl_after(8, 0);
  EXPECT_GT(none, some + 0.5);
  EXPECT_GE(some, much);
  EXPECT_GT(kl_after(8, 100000), much + 0.5);  // still warming up
}

TEST(Vae, BinarizedPixelsAreDrawnByTheirGreyValue) {
  const std::int64_t n = 20000;
  Rng rng(1, Device::cpu());
  for (const double grey : {0.0, 0.25, 1.0}) {
    const Tensor drawn = Vae::binarized(Tensor::full({n}, grey, Device::cpu()), rng);
    double white = 0;
    for (const float pixel : drawn.to_host<float>()) {
      EXPECT_TRUE(pixel == 0 || pixel == 1);
      white += static_cast<double>(pixel);
    }
    // Four standard deviations.
    EXPECT_TRUE(near(white / static_cast<double>(n), grey, 0,
                     4 * std::sqrt(grey * (1 - grey) / static_cast<double>(n))));
  }
}

// For a model whose latent vector the decoder ignores, every sample's weight is the same but for
// p(z) / q(z | x), whose mean is 1.
TEST(Vae, TheBoundRisesToTheLogLikelihood) {
  for (const Likelihood likelihood : {Likelihood::bernoulli, Likelihood::gaussian}) {
    VaeRecipe recipe = small_recipe();
    recipe.likelihood = likelihood;
    Vae vae(recipe, kImageSize, 1, Device::cpu());
    vae.decoder().parameters()[0].fill(0);
    vae.encoder().parameters().back().fill(1);  // far from p(z)
    const Tensor images = vae_images();
    const Tensor z = Tensor::zeros({kImages, 2}, Device::cpu());
    const std::vector<float> exact = vae.log_likelihoods(images, z).to_host<float>();
    double bound[3] = {}, expected = 0;
    for (int i = 0; i < 3; ++i) {
      Rng rng(4, Device::cpu());
      const std::int64_t samples[] = {1, 50, 5000};
      const auto bounds = models::importance_weighted_bound(vae, images, samples[i], rng);
      ASSERT_EQ(bounds.size(), static_cast<std::size_t>(kImages));
      for (const double b : bounds) bound[i] += b / kImages;
    }
    for (const float value : exact) expected -= static_cast<double>(value) / kImages;
    Rng rng(4, Device::cpu());
    const double elbo = vae.evaluate(images, rng).loss;
    EXPECT_TRUE(near(bound[0], elbo, 0, 0.6));  // by one draw, of the divergence in full
    EXPECT_GT(elbo, expected + 1);
    EXPECT_TRUE(near(bound[1], expected, 0, 0.2));
    EXPECT_TRUE(near(bound[2], expected, 0, 0.01));
  }
}

// By the definition, for one image and three samples.
TEST(Vae, TheBoundIsTheFormula) {
  Vae vae(small_recipe(), kImageSize, 1, Device::cpu());
  const Tensor image = vae_images().slice(0, {1, kImageSize});
  Rng rng(4, Device::cpu()), same(4, Device::cpu());
  const std::vector<float> q = vae.encode(image).to_host<float>();
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    const std::vector<float> noise = same.normal({1, 2}).to_host<float>();
    std::vector<float> z;
    double log_ratio = 0;
    for (std::size_t j = 0; j < 2; ++j) {
      const double deviation = std::exp(q[2 + j] / 2);
      const double zj = q[j] + noise[j] * deviation;
      z.push_back(static_cast<float>(zj));
      log_ratio += -zj * zj / 2 + noise[j] * noise[j] / 2 + std::log(deviation);
    }
    const Tensor z_tensor = Tensor::from_host(z, {1, 2}, Device::cpu());
    sum += std::exp(vae.log_likelihoods(image, z_tensor).item() + log_ratio);
  }
  EXPECT_TRUE(
      near(models::importance_weighted_bound(vae, image, 3, rng)[0], -std::log(sum / 3), 1e-5, 0));
  expect_error([&] { models::importance_weighted_bound(vae, image, 0, rng); },
               "[importance_weighted_bound] the number of samples is below 1");
}

TEST(Vae, BadSettingsAreErrors) {
  VaeRecipe recipe = small_recipe();
  const auto make = [&] { Vae(recipe, kImageSize, 1, Device::cpu()); };
  recipe.beta = -1;
  expect_error(make, "[vae] beta -1.000000 is not a number of at least 0");
  recipe = small_recipe();
  recipe.sigma = std::nan("");
  expect_error(make, "[vae] sigma nan is not a number above 0");
  expect_error([] { VaeRecipe::from_name("best"); },
               "recipe 'best' is unknown: use basic, deep, burda or vae-gan");
  expect_error([] { models::likelihood_from_name("poisson"); },
               "likelihood 'poisson' is unknown: use bernoulli or gaussian");
}

TEST(Vae, ALossThatIsNotFiniteNamesTheStep) {
  Vae vae(small_recipe(), kImageSize, 1, Device::cpu());
  vae.train_step(Tensor::full({4, kImageSize}, std::nan(""), Device::cpu()));
  expect_error(
      [&] { vae.read_metrics(); },
      "the loss is not finite at step 1: the training has diverged; try a smaller learning "
      "rate");
}

// The whole -ELBO as a function of its weights, first and second order.
using VaeGradients = OpTest;
TEST_P(VaeGradients, OfBothLikelihoods) {
  for (const bool bernoulli : {true, false}) {
    check(
        [=](const std::vector<Tensor>& w) {
          const auto constant = [&](std::vector<double> values, Shape shape) {
            return make_tensor(std::move(values), std::move(shape), w[0].device(), w[0].dtype());
          };
          const Tensor x = constant({0.2, 0.9, 0, 1, 0.5, 0.1}, {2, 3});
          const Tensor q = linear(linear(x, w[0], w[1], {ActivationKind::tanh}), w[2], {});
          const Tensor z = gaussian_sample(q, constant({0.5, -1}, {2, 1}));
          const Tensor output = linear(z, w[3], w[4]);
          const Tensor kl =
              sum_loss(kernels::KlFromUnitGaussian{}, q, constant({0, 1, 0, 1}, {2, 2}), 0.5);
          return kl + (bernoulli ? sum_loss(kernels::BceWithLogits{}, output, x, 0.5)
                                 : sum_loss(kernels::SquaredError{}, output, x, 0.5));
        },
        {input({2, 3}, -1, 1), input({2}, -1, 1), input({2, 2}, -1, 1), input({3, 1}, -1, 1),
         input({3}, -1, 1)});
  }
}
KILN_ON_EVERY_PLACE(VaeGradients);

}  // namespace
}  // namespace kiln::test
