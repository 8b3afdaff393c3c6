// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/autograd/grad_mode.h"
#include "engine/data/labelled_rows.h"
#include "engine/ops/concat.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/linear.h"
#include "engine/ops/loss.h"
#include "engine/ops/one_hot.h"
#include "models/draw.h"
#include "models/vae/bound.h"
#include "models/vae/vae.h"
#include "tests/support/op_test.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using models::Likelihood;
using models::Vae;
using models::VaeRecipe;

constexpr std::int64_t kVaePixels = 12, kVaeRows = 8, kVaeClasses = 3, kVaeLatent = 2;

VaeRecipe conditional_recipe(const char* name = "basic") {
  VaeRecipe recipe = VaeRecipe::from_name(name);
  for (std::int64_t& size : recipe.hidden) size = 16;
  recipe.latent_size = kVaeLatent;
  recipe.classes = kVaeClasses;
  return recipe;
}

Tensor vae_labels(Device device = Device::cpu()) {
  return Tensor::from_host(std::vector<std::int32_t>{0, 1, 2, 0, 2, 2, 1, 0}, {kVaeRows}, device);
}

// Images with their labels behind them.
Tensor vae_labelled_batch(Device device = Device::cpu()) {
  return concat_columns(Rng(5, device).uniform({kVaeRows, kVaePixels}),
                        one_hot(vae_labels(device), kVaeClasses));
}

std::vector<float> vae_weights(Vae& vae) {
  std::vector<float> all;
  for (const models::Mlp* net : {&vae.encoder(), &vae.decoder()}) {
    for (const Tensor& parameter : net->parameters()) {
      const std::vector<float> values = parameter.to_host<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  return all;
}

TEST(ConditionalVae, BothNetsAreGivenTheLabel) {
  Vae vae(conditional_recipe(), kVaePixels, 1, Device::cpu());
  EXPECT_EQ(vae.encoder().inputs(), kVaePixels + kVaeClasses);
  EXPECT_EQ(vae.encoder().outputs(), 2 * kVaeLatent);
  EXPECT_EQ(vae.decoder().inputs(), kVaeLatent + kVaeClasses);
  EXPECT_EQ(vae.decoder().outputs(), kVaePixels);
}

// From the two nets alone: what is reconstructed is the pixels, by the batch's own labels.
TEST(ConditionalVae, TheLossIsOfThePixelsGivenTheLabels) {
  for (const Likelihood likelihood : {Likelihood::bernoulli, Likelihood::gaussian}) {
    VaeRecipe recipe = conditional_recipe();
    recipe.likelihood = likelihood;
    recipe.sigma = 1 / std::sqrt(2 * 3.141592653589793);  // its constant is 0
    Vae vae(recipe, kVaePixels, 3, Device::cpu());
    const Tensor images = vae_labelled_batch();
    const Tensor noise = Rng(2, Device::cpu()).normal({kVaeRows, kVaeLatent});
    double expected = 0;
    {
      const NoGradGuard no_grad;
      const Tensor z = gaussian_sample(vae.encoder()(images), noise);
      const auto out =
          vae.decoder()(concat_columns(z, one_hot(vae_labels(), kVaeClasses))).to_host<float>();
      const auto x = images.to_host<float>();
      for (std::size_t i = 0; i < out.size(); ++i) {
        const double pixel = x[i / kVaePixels * (kVaePixels + kVaeClasses) + i % kVaePixels],
                     o = out[i];
        expected +=
            (likelihood == Likelihood::bernoulli ? std::log1p(std::exp(o)) - pixel * o
                                                 : (pixel - o) * (pixel - o) * 3.141592653589793) /
            kVaeRows;
      }
      double log_likelihood = 0;
      for (const float value : vae.log_likelihoods(images, z).to_host<float>()) {
        log_likelihood += static_cast<double>(value) / kVaeRows;
      }
      EXPECT_TRUE(near(-log_likelihood, expected, 1e-5, 1e-5));
    }
    Rng same(2, Device::cpu());
    EXPECT_TRUE(near(vae.evaluate(images, same).reconstruction, expected, 1e-5, 1e-5));
    vae.train_step(images, noise);
    EXPECT_TRUE(near(vae.read_metrics().reconstruction, expected, 1e-5, 1e-5));
  }
}

// A one-hot label is made of bytes 0 and 255, which drawing pixels by their grey value leaves.
TEST(ConditionalVae, LabelsStayAsTheyAreInBinarizedImages) {
  Rng rng(1, Device::cpu());
  const Tensor drawn = Vae::binarized(vae_labelled_batch(), rng);
  EXPECT_TRUE(same_bits(columns(drawn, kVaePixels, kVaeClasses).to_host<float>(),
                        one_hot(vae_labels(), kVaeClasses).to_host<float>()));
}

// Three classes of images, each of one brightness. The latent vector need not carry it, so a sample
// and a reconstruction have that of their label.
TEST(ConditionalVae, SamplesAndReconstructionsAreWhatTheLabelAsks) {
  const std::uint8_t shades[kVaeClasses] = {30, 128, 225};
  std::vector<std::uint8_t> pixels, labels;
  for (std::size_t i = 0; i < 96; ++i) {
    labels.push_back(static_cast<std::uint8_t>(i % kVaeClasses));
    for (std::int64_t j = 0; j < kVaePixels; ++j) {
      pixels.push_back(static_cast<std::uint8_t>(
          shades[labels.back()] + derive_seed(i, static_cast<std::uint64_t>(j)) % 20));
    }
  }
  for (const char* name : {"basic", "burda"}) {
    VaeRecipe recipe = conditional_recipe(name);
    recipe.adam.learning_rate = 0.01;
    Vae vae(recipe, kVaePixels, 1, Device::cpu());
    const BatchStream batches(
        Tensor::from_host(labelled_rows(pixels, kVaePixels, labels, kVaeClasses),
                          {96, kVaePixels + kVaeClasses}, Device::cpu()),
        32, 1);
    for (int step = 0; step < 600; ++step) vae.train_step(batches);
    const auto z = Rng(9, Device::cpu()).normal({kVaeRows, kVaeLatent});
    for (const bool sampled : {true, false}) {
      const std::vector<float> made =
          (sampled ? vae.sample(z, vae_labels()) : vae.reconstruct(vae_labelled_batch()))
              .to_host<float>();
      ASSERT_EQ(made.size(), static_cast<std::size_t>(kVaeRows * kVaePixels));
      const std::vector<std::int32_t> asked = vae_labels().to_host<std::int32_t>();
      for (std::size_t i = 0; i < kVaeRows; ++i) {
        double mean = 0;
        for (std::size_t j = 0; j < kVaePixels; ++j) mean += made[i * kVaePixels + j] / kVaePixels;
        EXPECT_NEAR(mean, (shades[asked[i]] + 10) / 255.0, 0.1)
            << name << (sampled ? " sample" : " reconstruction") << " of label " << asked[i];
      }
    }
  }
}

TEST(ConditionalVae, TheBoundOfOneSampleIsNearTheLoss) {
  Vae vae(conditional_recipe(), kVaePixels, 1, Device::cpu());
  Rng rng(4, Device::cpu()), same(4, Device::cpu());
  const auto bounds = models::importance_weighted_bound(vae, vae_labelled_batch(), 200, rng);
  double mean = 0;
  for (const double bound : bounds) mean += bound / kVaeRows;
  ASSERT_EQ(bounds.size(), static_cast<std::size_t>(kVaeRows));
  EXPECT_NEAR(mean, vae.evaluate(vae_labelled_batch(), same).loss, 0.5);
}

// A decoder that is saved and loaded draws what the model samples: 10 images a class in turn.
TEST(ConditionalVae, ItsFileDrawsByLabel) {
  const TemporaryDirectory folder;
  Vae vae(conditional_recipe(), kVaePixels, 1, Device::cpu());
  models::save_network(folder / "d", vae.decoder(),
                       {"generator", {3, 4}, kVaeClasses, vae.pixel_activation()});
  models::save_network(folder / "e", vae.encoder(), {"encoder", {3, 4}, kVaeClasses});
  const auto decoder = models::load_network(folder / "d", Device::cpu());
  EXPECT_EQ(decoder.info.classes, kVaeClasses);
  EXPECT_EQ(models::latent_size(decoder), kVaeLatent);
  EXPECT_EQ(models::load_network(folder / "e", Device::cpu()).info.classes, kVaeClasses);

  constexpr std::int64_t kCount = 300;  // more than are in memory at once
  Rng rng(1, Device::cpu());
  std::vector<float> latent = rng.normal({256, kVaeLatent}).to_host<float>();
  const auto more = rng.normal({256, kVaeLatent}).to_host<float>();
  latent.insert(latent.end(), more.begin(), more.begin() + (kCount - 256) * kVaeLatent);
  const Tensor z = Tensor::from_host(latent, {kCount, kVaeLatent}, Device::cpu());
  for (const bool one_label : {true, false}) {
    std::vector<std::int32_t> labels;
    for (std::int32_t i = 0; i < kCount; ++i) labels.push_back(one_label ? 2 : i / 10 % 3);
    models::DrawSettings settings{.count = kCount, .label = {}};
    if (one_label) settings.label = 2;
    const auto expected =
        vae.sample(z, Tensor::from_host(labels, {kCount}, Device::cpu())).to_host<float>();
    EXPECT_TRUE(near(models::draw_images(decoder, settings, Device::cpu()), expected, 0, 1e-6));
    EXPECT_TRUE(near(models::images_of(decoder, z, labels), expected, 0, 1e-6));
    EXPECT_TRUE(near(models::images_of(decoder, z, settings.label), expected, 0, 1e-6));
  }
}

class ConditionalVaeOnEveryPlace : public PlaceTest {};

TEST_P(ConditionalVaeOnEveryPlace, TrainsAsOnTheCpu) {
  const auto trained = [](Device device) {
    Vae vae(conditional_recipe(), kVaePixels, 3, device);
    for (std::uint64_t step = 0; step < 5; ++step) {
      vae.train_step(vae_labelled_batch(device), Rng(step, device).normal({kVaeRows, kVaeLatent}));
    }
    const double loss = vae.read_metrics().loss;
    return std::pair(loss, vae_weights(vae));
  };
  const auto expected = trained(Device::cpu()), actual = trained(device());
  EXPECT_TRUE(near(actual.first, expected.first, 1e-5, 0));
  EXPECT_TRUE(near(actual.second, expected.second, 1e-4, 1e-5));
}
KILN_ON_EVERY_FLOAT_PLACE(ConditionalVaeOnEveryPlace);

// The whole -ELBO as a function of its weights, label columns among them.
using ConditionalVaeGradients = OpTest;
TEST_P(ConditionalVaeGradients, OfTheLoss) {
  check(
      [](const std::vector<Tensor>& w) {
        const auto constant = [&](std::vector<double> values, Shape shape) {
          return make_tensor(std::move(values), std::move(shape), w[0].device(), w[0].dtype());
        };
        const Tensor rows = constant({0.2, 0.9, 0.4, 0, 1, 0.5, 0.1, 0.7, 1, 0}, {2, 5});
        const Tensor q = linear(linear(rows, w[0], w[1], {ActivationKind::tanh}), w[2], {});
        const Tensor z = gaussian_sample(q, constant({0.5, -1}, {2, 1}));
        const Tensor output = linear(concat_columns(z, columns(rows, 3, 2)), w[3], w[4]);
        return sum_loss(kernels::KlFromUnitGaussian{}, q, constant({0, 1, 0, 1}, {2, 2}), 0.5) +
               sum_loss(kernels::BceWithLogits{}, output, columns(rows, 0, 3), 0.5);
      },
      {input({2, 5}, -1, 1), input({2}, -1, 1), input({2, 2}, -1, 1), input({3, 3}, -1, 1),
       input({3}, -1, 1)});
}
KILN_ON_EVERY_PLACE(ConditionalVaeGradients);

}  // namespace
}  // namespace kiln::test
