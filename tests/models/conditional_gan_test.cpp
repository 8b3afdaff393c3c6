// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "engine/autograd/grad_mode.h"
#include "engine/data/labelled_rows.h"
#include "engine/ops/concat.h"
#include "engine/ops/one_hot.h"
#include "models/gan/gan.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using models::Gan;
using models::GanRecipe;

constexpr std::int64_t kSide = 12, kRows = 8, kClasses = 3;

GanRecipe conditional(const std::string& name) {
  GanRecipe recipe = GanRecipe::from_name(name);
  recipe.classes = kClasses;
  return recipe;
}

Tensor some_labels() {
  return Tensor::from_host(std::vector<std::int32_t>{0, 1, 2, 0, 2, 2, 1, 0}, {kRows},
                           Device::cpu());
}

// Images with their labels behind them.
Tensor labelled_batch() {
  return concat_columns(Rng(5, Device::cpu()).uniform({kRows, kSide}),
                        one_hot(some_labels(), kClasses));
}

TEST(ConditionalGan, BothNetsAreGivenTheLabel) {
  Gan gan(conditional("stable"), kSide, 1, Device::cpu());
  EXPECT_EQ(gan.generator().inputs(), 100 + kClasses);
  EXPECT_EQ(gan.generator().outputs(), kSide);
  EXPECT_EQ(gan.discriminator().inputs(), kSide + kClasses);
}

// Both losses, by the formula, from the nets before each update.
TEST(ConditionalGan, GeneratedImagesAreJudgedByTheLabelsOfTheBatch) {
  GanRecipe recipe = conditional("lsgan");
  recipe.r1 = 0;
  Gan gan(recipe, kSide, 3, Device::cpu());
  const Tensor real = labelled_batch(), noise = Rng(2, Device::cpu()).normal({kRows, 100});
  const Tensor labels = one_hot(some_labels(), kClasses);
  const NoGradGuard no_grad;
  const auto judge_generated = [&] {
    const Tensor made = gan.generator()(concat_columns(noise, labels));
    return gan.discriminator()(concat_columns(made, labels)).to_host<float>();
  };
  double expected_d = 0, expected_g = 0;
  for (const float output : gan.discriminator()(real).to_host<float>()) {
    expected_d += (output - 1.0) * (output - 1.0) / 2 / kRows;
  }
  for (const float output : judge_generated()) expected_d += output * output / 2.0 / kRows;
  {
    const GradModeGuard grad(true);
    gan.update_discriminator(real, noise);
  }
  for (const float output : judge_generated()) {
    expected_g += (output - 1.0) * (output - 1.0) / 2 / kRows;
  }
  {
    const GradModeGuard grad(true);
    gan.update_generator(noise);
  }
  const models::GanMetrics metrics = gan.read_metrics();
  EXPECT_TRUE(near(metrics.d_loss, expected_d, 1e-5, 0));
  EXPECT_TRUE(near(metrics.g_loss, expected_g, 1e-5, 0));
}

// A step draws the noise of both halves, and each half is made for the batch's labels.
TEST(ConditionalGan, AStepIsItsTwoHalves) {
  Gan a(conditional("stable"), kSide, 1, Device::cpu());
  Gan b(conditional("stable"), kSide, 1, Device::cpu());
  const Tensor both = Rng(derive_seed(1, 2), Device::cpu()).normal({2 * kRows, 100});
  a.train_step(labelled_batch());
  b.update_discriminator(labelled_batch(), both.slice(0, {kRows, 100}));
  b.update_generator(both.slice(kRows * 100, {kRows, 100}));
  const auto parameters_a = a.generator().parameters(), parameters_b = b.generator().parameters();
  for (std::size_t i = 0; i < parameters_a.size(); ++i) {
    EXPECT_TRUE(
        near(parameters_a[i].to_host<float>(), parameters_b[i].to_host<float>(), 1e-5, 1e-6));
  }
}

// Three classes of images, each of one brightness: after some steps a sample has that of its label.
TEST(ConditionalGan, SamplesAreWhatTheLabelAsks) {
  const std::uint8_t shades[kClasses] = {30, 128, 225};
  std::vector<std::uint8_t> pixels, labels;
  for (std::size_t i = 0; i < 96; ++i) {
    labels.push_back(static_cast<std::uint8_t>(i % kClasses));
    for (std::int64_t j = 0; j < kSide; ++j) {
      pixels.push_back(static_cast<std::uint8_t>(
          shades[labels.back()] + derive_seed(i, static_cast<std::uint64_t>(j)) % 20));
    }
  }
  for (const char* name : {"stable", "wgan-gp"}) {
    GanRecipe recipe = conditional(name);
    recipe.generator_hidden = {64, 64};
    recipe.discriminator_hidden = {64, 64};
    recipe.generator_adam.warmup_steps = recipe.discriminator_adam.warmup_steps = 0;
    recipe.generator_adam.average_decay = 0.9;
    recipe.set_learning_rate(1e-3);
    recipe.critic_steps = 1;
    Gan gan(recipe, kSide, 1, Device::cpu());
    const BatchStream batches(Tensor::from_host(labelled_rows(pixels, kSide, labels, kClasses),
                                                {96, kSide + kClasses}, Device::cpu()),
                              32, 1);
    for (int step = 0; step < 1000; ++step) gan.train_step(batches);
    const std::vector<float> samples =
        gan.sample(Rng(9, Device::cpu()).normal({kRows, 100}), some_labels()).to_host<float>();
    const std::vector<std::int32_t> asked = some_labels().to_host<std::int32_t>();
    for (std::size_t i = 0; i < kRows; ++i) {
      double mean = 0;
      for (std::size_t j = 0; j < kSide; ++j) mean += samples[i * kSide + j] / kSide;
      EXPECT_NEAR(mean, (shades[asked[i]] + 10) / 255.0, 0.1) << name << " label " << asked[i];
    }
  }
}

}  // namespace
}  // namespace kiln::test
