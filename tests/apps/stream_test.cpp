// SPDX-License-Identifier: MIT
// Images that are read from disk as they are needed train the same model.
#include "tests/apps/app_test.h"
#include "tests/apps/metrics.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;

class Stream : public AppTest {
 protected:
  void SetUp() override { make_data(); }

  static Arguments arguments(const std::string& out, const Arguments& more = {}) {
    Arguments all = {"--epochs", "3", "--batch", "32", "--out", out};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void expect_same(const std::string& a, const std::string& b) const {
    expect_same_run(folder_ / a, folder_ / b);
  }
};

TEST_F(Stream, GivesTheFilesOfARunInMemory) {
  for (const Arguments& more : {Arguments{}, Arguments{"--conditional"}}) {
    Arguments streamed = arguments("streamed", more);
    streamed.emplace_back("--stream");
    ASSERT_EQ(mnist_gan(arguments("whole", more)).exit_code, 0);
    ASSERT_EQ(mnist_gan(streamed).exit_code, 0);
    expect_same("whole", "streamed");
  }
  ASSERT_EQ(mnist_vae(arguments("vae")).exit_code, 0);
  ASSERT_EQ(mnist_vae(arguments("streamed_vae", {"--stream"})).exit_code, 0);
  expect_same("vae", "streamed_vae");
}

TEST_F(Stream, GoesOnWithItAndWithoutIt) {
  ASSERT_EQ(mnist_gan(arguments("whole")).exit_code, 0);
  const auto go_on = [&](const std::string& steps, const Arguments& more) {
    Arguments all = arguments("out", {"--resume", "--max-steps", steps});
    all.insert(all.end(), more.begin(), more.end());
    ASSERT_EQ(mnist_gan(all).exit_code, 0);
  };
  go_on("4", {"--stream"});  // inside the first epoch
  go_on("9", {});
  go_on("100", {"--stream"});
  Snapshot whole = snapshot(folder_ / "whole"), out = snapshot(out_);
  EXPECT_TRUE(whole["generator.safetensors"] == out["generator.safetensors"]);
  EXPECT_TRUE(whole["discriminator.safetensors"] == out["discriminator.safetensors"]);
}

TEST_F(Stream, PackedImagesAreRefused) {
  const fs::path images = data_ / "train-images-idx3-ubyte";
  const IdxImages content = read_idx_images(images);
  fs::remove(images);
  write_idx_images(images.string() + ".gz", content);
  expect_refused(mnist_gan(arguments("out", {"--stream"})), "mnist_gan", 1, "gunzip it first");
  EXPECT_FALSE(fs::exists(out_));
}

}  // namespace
}  // namespace kiln::test
