// SPDX-License-Identifier: MIT
// Training that starts from the networks of an earlier run.
#include "tests/apps/app_test.h"
#include "tests/apps/metrics.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;

class Init : public AppTest {
 protected:
  void SetUp() override { make_data(); }

  Outcome run(const char* program, const Arguments& first, const Arguments& more) const {
    Arguments all = {"--epochs", "2", "--batch", "20"};
    all.insert(all.end(), first.begin(), first.end());
    all.insert(all.end(), more.begin(), more.end());
    return train(program, all, {});
  }

  // The networks of a run, by file name.
  static Snapshot networks(const fs::path& folder) {
    Snapshot result;
    for (const auto& [name, content] : snapshot(folder)) {
      if (name.ends_with(".safetensors") && !name.starts_with("checkpoints/")) {
        result[name] = content;
      }
    }
    return result;
  }
};

TEST_F(Init, AtARateOfZeroTheNetworksStay) {
  const std::vector<std::pair<const char*, Arguments>> models = {
      {KILN_MNIST_GAN, {}},
      {KILN_MNIST_GAN, {"--recipe", "seed", "--conditional"}},
      {KILN_MNIST_GAN, {"--recipe", "dcgan"}},
      {KILN_MNIST_VAE, {"--conditional"}},
      {KILN_MNIST_VAE, {"--recipe", "vae-gan"}}};
  for (const auto& [program, recipe] : models) {
    fs::remove_all(out_);
    fs::remove_all(folder_ / "first");
    ASSERT_EQ(run(program, {"--out", "first"}, recipe).exit_code, 0);
    const Outcome outcome =
        run(program, {"--init", "first", "--lr", "0", "--seed", "2", "--out", "out"}, recipe);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_GE(networks(out_).size(), 2u);
    EXPECT_TRUE(networks(out_) == networks(folder_ / "first"));
  }
}

TEST_F(Init, TrainingGoesOnFromThem) {
  ASSERT_EQ(
      run(KILN_MNIST_VAE, {"--recipe", "burda", "--epochs", "40", "--out", "out"}, {}).exit_code,
      0);
  const double before = read_metrics(out_ / "metrics.jsonl").back()["test_loss"];
  // In the folder itself, by another bound.
  ASSERT_EQ(run(KILN_MNIST_VAE,
                {"--recipe", "burda", "--iw-samples", "2", "--init", "out", "--out", "out"}, {})
                .exit_code,
            0);
  const auto lines = read_metrics(out_ / "metrics.jsonl");
  EXPECT_LT(lines.front()["test_loss"], before + 2);
  EXPECT_EQ(lines.back()["step"], 20);
}

TEST_F(Init, ARunThatGoesOnNeedsThemNoMore) {
  ASSERT_EQ(run(KILN_MNIST_GAN, {"--out", "first"}, {}).exit_code, 0);
  ASSERT_EQ(run(KILN_MNIST_GAN, {"--init", "first", "--out", "whole"}, {}).exit_code, 0);
  ASSERT_EQ(
      run(KILN_MNIST_GAN, {"--init", "first", "--out", "out"}, {"--max-steps", "7"}).exit_code, 0);
  fs::remove_all(folder_ / "first");
  const Outcome resumed = run(KILN_MNIST_GAN, {"--init", "first", "--out", "out", "--resume"}, {});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  expect_same_run(folder_ / "whole", out_);
}

TEST_F(Init, RefusesOtherNetworksAndLeavesNothing) {
  ASSERT_EQ(run(KILN_MNIST_VAE, {"--out", "first"}, {}).exit_code, 0);
  expect_refused(run(KILN_MNIST_VAE, {"--init", "none", "--out", "out"}, {}), "mnist_vae", 1,
                 "none/decoder.safetensors: ");
  expect_refused(run(KILN_MNIST_GAN, {"--init", "first", "--out", "out"}, {}), "mnist_gan", 1,
                 "first/generator.safetensors: ");
  expect_refused(run(KILN_MNIST_VAE, {"--init", "first", "--conditional", "--out", "out"}, {}),
                 "mnist_vae", 1, "first/decoder.safetensors: the network is {");
  EXPECT_FALSE(fs::exists(out_));
  // What an earlier run has left stays.
  const Snapshot before = snapshot(folder_ / "first");
  EXPECT_EQ(run(KILN_MNIST_VAE, {"--init", "none", "--out", "first"}, {}).exit_code, 1);
  EXPECT_TRUE(snapshot(folder_ / "first") == before);
}

}  // namespace
}  // namespace kiln::test
