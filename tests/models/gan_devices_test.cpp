// SPDX-License-Identifier: MIT
// The same training run on the CPU and, captured and replayed, on a CUDA device.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/data/batch_stream.h"
#include "engine/data/mnist.h"
#include "models/gan/gan.h"
#include "tests/support/devices.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

// Fewer steps for a slow device: KILN_TEST_GAN_STEPS.
std::int64_t device_steps() {
  const char* text = std::getenv("KILN_TEST_GAN_STEPS");
  return text != nullptr ? std::atoll(text) : 50;
}

struct Run {
  std::vector<double> losses;
  std::vector<float> samples;
};

Run train(const std::string& recipe, Device device) {
  models::Gan gan(models::GanRecipe::from_name(recipe), 784, 7, device);
  const IdxImages images = load_mnist(KILN_DATA_DIR, MnistSplit::train).images;
  const Tensor rows =
      Tensor::from_host(images.pixels, {static_cast<std::int64_t>(images.count), 784}, device);
  const BatchStream batches(rows, 64, 3);
  Rng latent(4, device);
  Run run;
  for (std::int64_t step = 0; step < device_steps(); ++step) {
    gan.train_step(batches);
    const models::GanMetrics metrics = gan.read_metrics();
    run.losses.push_back(metrics.d_loss);
    run.losses.push_back(metrics.g_loss);
  }
  run.samples = gan.sample(latent.normal({16, 100})).to_host<float>();
  return run;
}

void expect_same_run(const std::string& recipe, Device device) {
  const Run cpu = train(recipe, Device::cpu());
  const Run other = train(recipe, device);
  EXPECT_TRUE(near(other.losses, cpu.losses, 1e-4, 0)) << recipe;
  EXPECT_TRUE(near(other.samples, cpu.samples, 0, 1e-2)) << recipe;
}

class GanOnCuda : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      Device::cuda();
    } catch (const Error& error) {
      GTEST_SKIP() << "no CUDA device: " << error.what();
    }
  }
};

TEST_F(GanOnCuda, SeedFollowsTheCpu) { expect_same_run("seed", Device::cuda()); }
TEST_F(GanOnCuda, StableFollowsTheCpu) { expect_same_run("stable", Device::cuda()); }

}  // namespace
}  // namespace kiln::test
