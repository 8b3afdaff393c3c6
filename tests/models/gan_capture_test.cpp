// SPDX-License-Identifier: MIT
// The GAN's captured step: what it costs, and that it is the same step.
#include <optional>

#include "models/gan/gan.h"
#include "tests/models/capture.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using models::Gan;
using models::GanRecipe;

using GanCapture = CaptureTest<const char*>;

std::vector<float> weights(Gan& gan) {
  return weights_of({&gan.generator(), &gan.discriminator(), &gan.sampling_generator()});
}

// A recipe by name, with small nets but for `seed` and `stable`; "conditional" is `stable` with
// three classes.
GanRecipe recipe_named(const std::string& name) {
  if (name == "seed" || name == "stable") return GanRecipe::from_name(name);
  const bool is_conditional = name == "conditional";
  GanRecipe recipe = GanRecipe::from_name(is_conditional ? "stable" : name);
  if (is_conditional) recipe.classes = 3;
  for (auto* sizes : {&recipe.generator_hidden, &recipe.discriminator_hidden}) {
    for (std::int64_t& size : *sizes) size /= 16;
  }
  return recipe;
}

// One seed, 100 steps, and an epoch every 5: fresh noise, the next batch, Adam's step count and the
// penalty at its interval all move on in replayed steps too.
TEST_P(GanCapture, ReplayedStepsAreEagerStepsBitForBit) {
  const GanRecipe recipe = recipe_named(GetParam());
  Gan replayed(recipe, 16, 3, Device::cuda()), eager(recipe, 16, 3, Device::cuda());
  BatchStream batches = random_batches(4, 16 + recipe.classes),
              same_batches = random_batches(4, 16 + recipe.classes);
  // The kinds of step of the other recipes come up every 4 steps at least: the third is a replay.
  const bool is_large = recipe.name == "seed" || (recipe.name == "stable" && recipe.classes == 0);
  const int steps = is_large ? replayed_steps() : 15;
  for (int step = 0; step < steps; ++step) {
    if (step % 5 == 0) batches.start_epoch(step / 5), same_batches.start_epoch(step / 5);
    replayed.train_step(batches);
    eager.train_step(same_batches.next());
    if (step % 5 == 4) {
      const models::GanMetrics a = replayed.read_metrics(), b = eager.read_metrics();
      EXPECT_EQ(a.d_loss, b.d_loss) << step;
      EXPECT_EQ(a.g_loss, b.g_loss) << step;
      EXPECT_EQ(a.d_fake, b.d_fake) << step;
    }
  }
  EXPECT_GT(replayed.num_graph_nodes(false), 0u);
  EXPECT_EQ(replayed.num_graph_nodes(true) > 0, recipe.r1 > 0);
  EXPECT_TRUE(same_bits(weights(replayed), weights(eager)));
}

// Another stream, even one at the first one's address, is captured anew.
TEST_P(GanCapture, AnotherStreamIsCapturedAnew) {
  const GanRecipe recipe = recipe_named(GetParam());
  Gan replayed(recipe, 16, 3, Device::cuda()), eager(recipe, 16, 3, Device::cuda());
  for (const std::int64_t batch : {4, 4, 2}) {
    std::optional<BatchStream> batches(random_batches(batch, 16 + recipe.classes));
    BatchStream same_batches = random_batches(batch, 16 + recipe.classes);
    for (int step = 0; step < 6; ++step) {
      replayed.train_step(*batches);
      eager.train_step(same_batches.next());
    }
  }
  EXPECT_TRUE(same_bits(weights(replayed), weights(eager)));
}

using GanCaptureAtBatch64 = GanCapture;

// Of the discriminator's layers beyond the three of `seed`: forward and backward in either update,
// and eight where the penalty is differentiated.
std::size_t kernels_of_more_layers(const GanRecipe& recipe, bool with_penalty) {
  const std::size_t hidden = recipe.discriminator_hidden.size();
  return (hidden > 2 ? hidden - 2 : 0) * (with_penalty ? 12 : 4);
}

// Of categories in the noise: two in the generator's first layer, one for the targets of the
// discriminator's guesses; with a penalty also its first output apart, three times differentiated.
std::size_t kernels_of_categories(const GanRecipe& recipe, bool with_penalty) {
  if (recipe.latent_categories() == 0) return 0;
  return with_penalty ? 6 : 3;
}

// docs/gpu_performance.md names the kernels.
TEST_P(GanCaptureAtBatch64, AStepIsFewKernels) {
  const GanRecipe recipe = GanRecipe::from_name(GetParam());
  Gan gan(recipe, 784, 1, Device::cuda());
  const BatchStream batches = random_batches(64, 784);
  for (int step = 0; step < 7; ++step) gan.train_step(batches);
  EXPECT_EQ(gan.num_graph_nodes(false),
            27 + kernels_of_more_layers(recipe, false) + kernels_of_categories(recipe, false));
  EXPECT_LE(gan.num_graph_nodes(true),
            52 + kernels_of_more_layers(recipe, true) + kernels_of_categories(recipe, true));
}

INSTANTIATE_TEST_SUITE_P(Recipes, GanCaptureAtBatch64, ::testing::Values("seed", "stable"),
                         [](const auto& test) { return std::string(test.param); });

// Of a step with both updates, and of one with a penalty on top.
TEST_P(GanCapture, AStepIsFewKernels) {
  const GanRecipe recipe = recipe_named(GetParam());
  Gan gan(recipe, 16, 1, Device::cuda());
  const BatchStream batches = random_batches(4, 16 + recipe.classes);
  for (int step = 0; step < 10; ++step) gan.train_step(batches);
  std::size_t more = 0;
  if (recipe.classes > 0) more = 11;
  if (recipe.gradient_penalty != 0) more = 50;
  if (!recipe.generator_channels.empty()) more = 30;
  for (const bool with_penalty : {false, true}) {
    EXPECT_LE(gan.num_graph_nodes(with_penalty), (with_penalty ? 55u : 27u) + more +
                                                     kernels_of_more_layers(recipe, with_penalty) +
                                                     kernels_of_categories(recipe, with_penalty));
  }
}

#ifdef KILN_CUDA_EMULATED
TEST_P(GanCapture, ASteadyStepIsOneLaunchAndNothingElse) {
  const GanRecipe recipe = recipe_named(GetParam());
  Gan gan(recipe, 16, 1, Device::cuda());
  const BatchStream batches = random_batches(4, 16 + recipe.classes);
  expect_one_launch_a_step([&] { gan.train_step(batches); });
}
#endif

INSTANTIATE_TEST_SUITE_P(Recipes, GanCapture,
                         ::testing::Values("seed", "stable", "lsgan", "hinge", "wgan-gp", "dcgan",
                                           "conditional"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace kiln::test
