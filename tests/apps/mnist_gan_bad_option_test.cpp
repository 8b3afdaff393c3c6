// SPDX-License-Identifier: MIT
// Options that cannot be followed: one line that names the option, and nothing written.
#include "tests/apps/app_test.h"

namespace kiln::test {
namespace {

class MnistGanBadOption : public AppTest {
 protected:
  void SetUp() override { make_data(); }

  void expect_error(int exit_code, const Arguments& arguments, const std::string& text) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    Arguments all = {"--max-steps", "1"};
    if (std::find(arguments.begin(), arguments.end(), "--max-steps") != arguments.end()) all = {};
    all.insert(all.end(), arguments.begin(), arguments.end());
    if (std::find(arguments.begin(), arguments.end(), "--out") == arguments.end()) {
      all.insert(all.end(), {"--out", "out/new"});
    }
    const Outcome run = mnist_gan(all);
    expect_refused(run, "mnist_gan", exit_code, text);
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(folder_.names(), std::vector<std::string>{"data"});
  }
};

TEST_F(MnistGanBadOption, UsageIsExitCodeTwo) {
  expect_error(2, {"--nope"}, "--nope");
  expect_error(2, {"stray"}, "stray");
  expect_error(2, {"--epochs"}, "--epochs");
  for (const char* option : {"--epochs", "--batch", "--lr", "--seed", "--max-steps", "--threads"}) {
    expect_error(2, {option, "many"}, option);
    expect_error(2, {option, ""}, option);
  }
  for (const char* option : {"--epochs", "--max-steps", "--threads"}) {
    expect_error(2, {option, "0"}, option);
    expect_error(2, {option, "-1"}, option);
    expect_error(2, {option, "1.5"}, option);
    expect_error(2, {option, "99999999999999999999"}, option);
  }
  expect_error(2, {"--threads", "1025"}, "'1025' is not a whole number from 1 to 1024");
  expect_error(2, {"--batch", "1.5"}, "--batch");
  expect_error(2, {"--data", ""}, "--data: is empty");
  expect_error(2, {"--out", ""}, "--out: is empty");
}

// A seed that is cut or wraps would be another's run under one's own number.
TEST_F(MnistGanBadOption, SeedsThatDoNotFit) {
  for (const char* seed : {"-1", "18446744073709551616", "1.0", "1x"}) {
    expect_error(2, {"--seed", seed}, "--seed: '" + std::string(seed) + "' is not a whole number");
  }
}

TEST_F(MnistGanBadOption, UnknownNames) {
  expect_error(1, {"--recipe", "wgan"},
               "recipe 'wgan' is unknown: use seed, stable, lsgan, hinge, wgan-gp or dcgan");
  expect_error(1, {"--recipe", "Stable"}, "recipe 'Stable' is unknown");
  expect_error(1, {"--precision", "fp8"},
               "precision 'fp8' is unknown: use fp32, tf32x3, tf32 or bf16");
  expect_error(1, {"--device", "gpu"}, "device 'gpu' is unknown: use auto, cpu or cuda");
  expect_error(1, {"--recipe", "a\nb"}, "recipe 'a\\x0ab' is unknown");
}

TEST_F(MnistGanBadOption, Batches) {
  for (const char* batch : {"0", "-3", "201"}) {
    expect_error(1, {"--batch", batch},
                 "--batch " + std::string(batch) + " is not between 1 and the 200 images");
  }
}

TEST_F(MnistGanBadOption, LearningRates) {
  for (const char* rate : {"nan", "-1", "-1e-9", "inf", "-inf", "1e400"}) {
    expect_error(1, {"--lr", rate}, "--lr ");
  }
}

TEST_F(MnistGanBadOption, MoreStepsThanCanBeCounted) {
  expect_error(2, {"--epochs", "9223372036854775807"}, "--epochs: '9223372036854775807'");
}

TEST_F(MnistGanBadOption, CudaThatIsNotThere) {
#ifdef KILN_HAS_CUDA
  const std::string reason = "device cuda cannot be used: ";
  if (mnist_gan({"--device", "cuda", "--max-steps", "1", "--out", "out"}).exit_code == 0) {
    GTEST_SKIP() << "there is a GPU";
  }
#else
  const std::string reason = "device cuda cannot be used: this build of Kiln has no CUDA";
#endif
  expect_error(1, {"--device", "cuda"}, reason);
}

}  // namespace
}  // namespace kiln::test
