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

// One seed, 100 steps, and an epoch every 5: fresh noise, the next batch, Adam's step count and the
// penalty at its interval all move on in replayed steps too.
TEST_P(GanCapture, ReplayedStepsAreEagerStepsBitForBit) {
  const GanRecipe recipe = GanRecipe::from_name(GetParam());
  Gan replayed(recipe, 16, 3, Device::cuda()), eager(recipe, 16, 3, Device::cuda());
  BatchStream batches = random_batches(4, 16), same_batches = random_batches(4, 16);
  for (int step = 0; step < replayed_steps(); ++step) {
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
  const GanRecipe recipe = GanRecipe::from_name(GetParam());
  Gan replayed(recipe, 16, 3, Device::cuda()), eager(recipe, 16, 3, Device::cuda());
  for (const std::int64_t batch : {4, 4, 2}) {
    std::optional<BatchStream> batches(random_batches(batch, 16));
    BatchStream same_batches = random_batches(batch, 16);
    for (int step = 0; step < 6; ++step) {
      replayed.train_step(*batches);
      eager.train_step(same_batches.next());
    }
  }
  EXPECT_TRUE(same_bits(weights(replayed), weights(eager)));
}

// docs/gpu_performance.md names the kernels.
TEST_P(GanCapture, AStepAtBatch64IsFewKernels) {
  Gan gan(GanRecipe::from_name(GetParam()), 784, 1, Device::cuda());
  const BatchStream batches = random_batches(64, 784);
  for (int step = 0; step < 7; ++step) gan.train_step(batches);
  EXPECT_EQ(gan.num_graph_nodes(false), 27u);
  EXPECT_LE(gan.num_graph_nodes(true), 60u);
}

#ifdef KILN_CUDA_EMULATED
TEST_P(GanCapture, ASteadyStepIsOneLaunchAndNothingElse) {
  Gan gan(GanRecipe::from_name(GetParam()), 16, 1, Device::cuda());
  const BatchStream batches = random_batches(4, 16);
  expect_one_launch_a_step([&] { gan.train_step(batches); });
}
#endif

INSTANTIATE_TEST_SUITE_P(Recipes, GanCapture, ::testing::Values("seed", "stable"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace kiln::test
