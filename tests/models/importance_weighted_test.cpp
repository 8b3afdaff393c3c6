// SPDX-License-Identifier: MIT
// Training on the importance-weighted bound.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "engine/autograd/backward.h"
#include "engine/data/gather.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/linear.h"
#include "engine/ops/one_hot.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rows.h"
#include "models/vae/bound.h"
#include "models/vae/vae.h"
#include "tests/models/golden.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using models::Likelihood;
using models::Vae;
using models::VaeRecipe;

constexpr std::int64_t kWeightedPixels = 12, kWeightedBatch = 6, kDraws = 5, kDrawSize = 2;

VaeRecipe weighted_recipe(std::int64_t samples = kDraws) {
  VaeRecipe recipe = VaeRecipe::from_name("basic");
  recipe.hidden = {16};
  recipe.latent_size = kDrawSize;
  recipe.importance_samples = samples;
  return recipe;
}

Tensor batch_of_images(Device device = Device::cpu()) {
  return Rng(5, device).uniform({kWeightedBatch, kWeightedPixels});
}

// log of a normal density.
double log_normal(double x, double mean, double log_variance) {
  return -((x - mean) * (x - mean) / std::exp(log_variance) + log_variance +
           std::log(2 * std::numbers::pi)) /
         2;
}

// One draw is -ELBO with log q - log p in place of the divergence, both from their densities.
TEST(ImportanceWeighted, OneDrawIsTheElboWithASampledDivergence) {
  const std::vector<double> q = {0.3, -1, 0.5, 0.2, 1, 0, -2, 0.7}, eps = {0.4, -1.2, 0.1, 2};
  const std::vector<double> log_likelihood = {-3, -70};
  const Tensor parameters = Tensor::from_host(q, {2, 4}, Device::cpu());
  const Tensor noise = Tensor::from_host(eps, {2, 2}, Device::cpu());
  const Tensor z = gaussian_sample(parameters, noise);
  const std::vector<double> draws = z.to_host<double>();
  const std::vector<double> ratios =
      models::log_prior_ratio(parameters, noise, z).to_host<double>();
  double reconstruction = 0, divergence = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    double log_p = 0, log_q = 0;
    for (std::size_t j = 0; j < 2; ++j) {
      log_p += log_normal(draws[2 * i + j], 0, 0);
      log_q += log_normal(draws[2 * i + j], q[4 * i + j], q[4 * i + 2 + j]);
    }
    EXPECT_TRUE(near(ratios[i], log_p - log_q, 1e-12, 0));
    reconstruction -= log_likelihood[i] / 2;
    divergence += (log_q - log_p) / 2;
  }
  const Tensor log_weights = Tensor::from_host(log_likelihood, {2}, Device::cpu()) +
                             models::log_prior_ratio(parameters, noise, z);
  EXPECT_TRUE(near(models::importance_weighted_loss(reshape(log_weights, {1, 2})).item(),
                   reconstruction + divergence, 1e-12, 0));
}

// The same draw k times over weighs as much as once.
TEST(ImportanceWeighted, EqualDrawsAreOneDraw) {
  Vae vae(weighted_recipe(3), kWeightedPixels, 1, Device::cpu());
  const Tensor images = batch_of_images(),
               noise = Rng(2, Device::cpu()).normal({kWeightedBatch, kDrawSize});
  const Tensor q = vae.encode(images), z = gaussian_sample(q, noise);
  const double one =
      mean(vae.log_likelihoods(images, z) + models::log_prior_ratio(q, noise, z)).item();
  EXPECT_TRUE(near(vae.loss(images, repeated_rows(noise, 3)).item(), -one, 1e-5, 0));
}

// What is trained on is what models/vae/bound.h measures, labels and both likelihoods included.
TEST(ImportanceWeighted, TheLossIsTheBound) {
  for (const Likelihood likelihood : {Likelihood::bernoulli, Likelihood::gaussian}) {
    for (const std::int64_t classes : {0, 3}) {
      VaeRecipe recipe = weighted_recipe();
      recipe.likelihood = likelihood;
      recipe.sigma = 0.3;
      recipe.classes = classes;
      Vae vae(recipe, kWeightedPixels, 1, Device::cpu());
      Tensor images = batch_of_images();
      if (classes > 0) {
        const std::vector<std::int32_t> labels = {0, 1, 2, 2, 1, 0};
        images = concat_columns(
            images, one_hot(Tensor::from_host(labels, {kWeightedBatch}, Device::cpu()), classes));
      }
      Rng rng(7, Device::cpu()), same(7, Device::cpu());
      std::vector<float> noise;
      double reconstruction = 0;
      for (int i = 0; i < kDraws; ++i) {
        const Tensor draw = same.normal({kWeightedBatch, kDrawSize});
        const Tensor z = gaussian_sample(vae.encode(images), draw);
        reconstruction -= mean(vae.log_likelihoods(images, z)).item() / kDraws;
        const std::vector<float> values = draw.to_host<float>();
        noise.insert(noise.end(), values.begin(), values.end());
      }
      const double kl = vae.evaluate(images, same).kl;
      double expected = 0;
      for (const double bound : models::importance_weighted_bound(vae, images, kDraws, rng)) {
        expected += bound / kWeightedBatch;
      }
      vae.train_step(images,
                     Tensor::from_host(noise, {kDraws * kWeightedBatch, kDrawSize}, Device::cpu()));
      const models::VaeLoss read = vae.read_metrics();
      EXPECT_TRUE(near(read.loss, expected, 1e-5, 0));
      EXPECT_TRUE(near(read.reconstruction, reconstruction, 1e-5, 0));
      EXPECT_TRUE(near(read.kl, kl, 1e-5, 0));
    }
  }
}

TEST(ImportanceWeighted, Learns) {
  VaeRecipe recipe = weighted_recipe();
  recipe.adam.learning_rate = 0.02;
  Vae vae(recipe, kWeightedPixels, 1, Device::cpu());
  // Images that are all white or all black in either half: one bit each of four.
  std::vector<float> pixels;
  for (int i = 0; i < 40 * kWeightedPixels; ++i) {
    const int image = i / kWeightedPixels, half = i % kWeightedPixels / (kWeightedPixels / 2);
    pixels.push_back((image >> half & 1) != 0 ? 1.0f : 0.0f);
  }
  const Tensor images = Tensor::from_host(pixels, {40, kWeightedPixels}, Device::cpu());
  vae.train_step(images);
  EXPECT_GT(vae.read_metrics().loss, 7);
  for (int step = 0; step < 400; ++step) vae.train_step(images);
  vae.read_metrics();
  vae.train_step(images);
  const double loss = vae.read_metrics().loss;
  EXPECT_LT(loss, 2.2);  // log 4 is the least
  EXPECT_GT(loss, 1.2);
}

TEST(ImportanceWeighted, BadSettingsAreErrors) {
  VaeRecipe recipe = weighted_recipe(0);
  const auto make = [&] { Vae(recipe, kWeightedPixels, 1, Device::cpu()); };
  expect_error(make, "[vae] the number of samples is below 1");
  recipe = weighted_recipe(2);
  recipe.beta = 0.5;
  const char* message =
      "[vae] the bound of 2 importance samples has no KL divergence for beta or a warm-up to weigh";
  expect_error(make, message);
  recipe.beta = 1;
  recipe.kl_warmup_steps = 10;
  expect_error(make, message);
}

class ImportanceWeightedPlaces : public PlaceTest {};

TEST_P(ImportanceWeightedPlaces, TrainsAsOnTheCpu) {
  const auto trained = [](Device device) {
    Vae vae(weighted_recipe(), kWeightedPixels, 3, device);
    for (std::uint64_t step = 0; step < 5; ++step) {
      vae.train_step(batch_of_images(device),
                     Rng(step, device).normal({kDraws * kWeightedBatch, kDrawSize}));
    }
    std::vector<float> weights;
    for (const Tensor& parameter : vae.encoder().parameters()) {
      const std::vector<float> values = parameter.to_host<float>();
      weights.insert(weights.end(), values.begin(), values.end());
    }
    return std::pair(vae.read_metrics().loss, weights);
  };
  const auto expected = trained(Device::cpu()), actual = trained(device());
  EXPECT_TRUE(near(actual.first, expected.first, 1e-5, 0));
  EXPECT_TRUE(near(actual.second, expected.second, 1e-4, 1e-5));
}

// Loss and gradients at fixed weights (scripts/golden/iwae_golden.py).
TEST_P(ImportanceWeightedPlaces, LossAndGradientsMatchPyTorch) {
  constexpr std::int64_t kImages = 16;
  VaeRecipe recipe = VaeRecipe::from_name("basic");
  recipe.importance_samples = 5;
  Vae vae(recipe, 784, 1, device());
  set_hashed_weights(vae.encoder(), 0, device());
  set_hashed_weights(vae.decoder(), 20, device());
  std::vector<std::int32_t> indices;
  for (std::int32_t i = 0; i < kImages; ++i) indices.push_back(i);
  const Tensor images = gather_rows(golden_images(kImages, device()),
                                    Tensor::from_host(indices, {kImages}, device()));
  const Tensor loss = vae.loss(images, hashed_noise(5 * kImages, 20, 100, device()));
  const nlohmann::json golden = read_golden("iwae.json");
  EXPECT_TRUE(near(loss.item(), golden["loss"].get<double>(), 1e-5, 0));
  backward(loss);
  // Log-weights near -546 are floats 2^-14 apart, so the weights are known to no more than that.
  constexpr double kRounding = 0x1p-14;
  expect_golden_gradients(vae.encoder(), golden["encoder"], kRounding);
  expect_golden_gradients(vae.decoder(), golden["decoder"], kRounding);
}
KILN_ON_EVERY_FLOAT_PLACE(ImportanceWeightedPlaces);

// The whole loss as a function of its weights, first and second order.
using ImportanceWeightedGradients = OpTest;
TEST_P(ImportanceWeightedGradients, OfBothLikelihoods) {
  constexpr std::int64_t k = 3;
  for (const bool bernoulli : {true, false}) {
    check(
        [=](const std::vector<Tensor>& w) {
          const auto constant = [&](std::vector<double> values, Shape shape) {
            return make_tensor(std::move(values), std::move(shape), w[0].device(), w[0].dtype());
          };
          const Tensor x = constant({0.2, 0.9, 0, 1, 0.5, 0.1}, {2, 3});
          const Tensor q = linear(linear(x, w[0], w[1], {ActivationKind::tanh}), w[2], {});
          const Tensor repeated = repeated_rows(q, k), xs = repeated_rows(x, k);
          const Tensor noise = constant({0.5, -1, 0.2, 1.3, -0.4, 0.8}, {2 * k, 1});
          const Tensor z = gaussian_sample(repeated, noise);
          const Tensor output = linear(z, w[3], w[4]);
          const Tensor log_likelihood = bernoulli ? row_sum(xs * output - softplus(output))
                                                  : row_sum(square(xs - output)) / -2;
          const Tensor log_weights = log_likelihood + models::log_prior_ratio(repeated, noise, z);
          return models::importance_weighted_loss(reshape(log_weights, {k, 2}));
        },
        {input({2, 3}, -1, 1), input({2}, -1, 1), input({2, 2}, -1, 1), input({3, 1}, -1, 1),
         input({3}, -1, 1)});
  }
}
KILN_ON_EVERY_PLACE(ImportanceWeightedGradients);

}  // namespace
}  // namespace kiln::test
