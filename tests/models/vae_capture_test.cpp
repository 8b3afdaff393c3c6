// SPDX-License-Identifier: MIT
// The VAE's captured step: what it costs, and that it is the same step.
#include "models/vae/vae.h"
#include "tests/models/capture.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using models::Vae;
using models::VaeRecipe;

class VaeCapture : public CaptureTest<const char*> {
 protected:
  // Small, but for what makes the kernels of a step.
  static VaeRecipe recipe() {
    const std::string name = GetParam();
    const bool is_basic = name == "conditional" || name == "importance_weighted";
    VaeRecipe recipe = VaeRecipe::from_name(is_basic ? "basic" : name);
    if (name == "conditional") recipe.classes = 3;
    if (name == "importance_weighted") recipe.importance_samples = 4;
    for (std::int64_t& size : recipe.hidden) size /= 20;
    recipe.latent_size = 3;
    return recipe;
  }

  static void expect_same_run(const VaeRecipe& recipe) {
    Vae replayed(recipe, 16, 3, Device::cuda()), eager(recipe, 16, 3, Device::cuda());
    BatchStream batches = random_batches(4, 16 + recipe.classes),
                same_batches = random_batches(4, 16 + recipe.classes);
    for (int step = 0; step < replayed_steps(); ++step) {
      if (step % 5 == 0) batches.start_epoch(step / 5), same_batches.start_epoch(step / 5);
      replayed.train_step(batches);
      eager.train_step(same_batches.next());
      if (step % 5 == 4) {
        const models::VaeLoss a = replayed.read_metrics(), b = eager.read_metrics();
        EXPECT_EQ(a.reconstruction, b.reconstruction) << step;
        EXPECT_EQ(a.kl, b.kl) << step;
        EXPECT_EQ(a.loss, b.loss) << step;
      }
    }
    EXPECT_GT(replayed.num_graph_nodes(), 0u);
    EXPECT_TRUE(same_bits(weights_of({&replayed.encoder(), &replayed.decoder()}),
                          weights_of({&eager.encoder(), &eager.decoder()})));
  }
};

TEST_P(VaeCapture, ReplayedStepsAreEagerStepsBitForBit) { expect_same_run(recipe()); }

// Of recipes that have a KL divergence, whose weight changes from step to step.
class VaeCaptureWarmUp : public VaeCapture {};
TEST_P(VaeCaptureWarmUp, GoesOnInReplayedSteps) {
  VaeRecipe warm = recipe();
  warm.beta = 0.5;
  warm.kl_warmup_steps = 12;
  expect_same_run(warm);
}

#ifdef KILN_CUDA_EMULATED
TEST_P(VaeCapture, ASteadyStepIsOneLaunchAndNothingElse) {
  Vae vae(recipe(), 16, 1, Device::cuda());
  const BatchStream batches = random_batches(4, 16 + recipe().classes);
  expect_one_launch_a_step([&] { vae.train_step(batches); });
}
#endif

constexpr auto kNameOfRecipe = [](const auto& test) { return std::string(test.param); };
INSTANTIATE_TEST_SUITE_P(Recipes, VaeCapture,
                         ::testing::Values("basic", "deep", "burda", "conditional",
                                           "importance_weighted"),
                         kNameOfRecipe);
INSTANTIATE_TEST_SUITE_P(Recipes, VaeCaptureWarmUp,
                         ::testing::Values("basic", "deep", "burda", "conditional"), kNameOfRecipe);

// docs/gpu_performance.md names the kernels.
using VaeGraph = CaptureTest<int>;
TEST_P(VaeGraph, AStepIsFewKernels) {
  Vae vae(VaeRecipe::from_name("basic"), 784, 1, Device::cuda());
  const BatchStream batches = random_batches(GetParam(), 784);
  for (int step = 0; step < 3; ++step) vae.train_step(batches);
  EXPECT_EQ(vae.num_graph_nodes(), 18u);
}
// Labels and pixels apart, the label behind the latent vector, and its gradient without it.
TEST_P(VaeGraph, LabelsAreFiveKernelsMore) {
  VaeRecipe recipe = VaeRecipe::from_name("basic");
  recipe.classes = 10;
  Vae vae(recipe, 784, 1, Device::cuda());
  const BatchStream batches = random_batches(GetParam(), 784 + recipe.classes);
  for (int step = 0; step < 3; ++step) vae.train_step(batches);
  EXPECT_EQ(vae.num_graph_nodes(), 18u + 5u);
}
INSTANTIATE_TEST_SUITE_P(Batches, VaeGraph, ::testing::Values(64, 128));

}  // namespace
}  // namespace kiln::test
