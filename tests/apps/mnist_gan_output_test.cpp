// SPDX-License-Identifier: MIT
// Where a run writes: folders that cannot take the results, disks that fill up, earlier runs. A run
// that fails leaves nothing of itself.
#include "tests/apps/app_test.h"
#include "tests/apps/metrics.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;

class MnistGanOutput : public AppTest {
 protected:
  void SetUp() override { make_data(); }

  Outcome train(const std::string& out, RunOptions options = {}) {
    return mnist_gan({"--epochs", "1", "--batch", "32", "--out", out}, options);
  }

  // The run is refused and everything is as it was.
  void expect_error(const std::string& out, const std::string& text, RunOptions options = {}) {
    const Snapshot before = snapshot(folder_.path());
    const Outcome run = train(out, options);
    expect_refused(run, "mnist_gan", 1, text);
    EXPECT_EQ(run.out, "");
    EXPECT_TRUE(snapshot(folder_.path()) == before) << "the folder is not as it was";
  }
};

TEST_F(MnistGanOutput, AFileForTheFolder) {
  put_file(folder_ / "file", "precious");
  expect_error("file", "file: not a folder");
  expect_error("file/out", "file: not a folder");
  expect_error("file/a/b", "file: not a folder");
}

TEST_F(MnistGanOutput, APlaceThatCannotBeWritten) {
  expect_error("/proc/kiln", "/proc/kiln: cannot make the output folder");
  expect_error("/proc/self", "/proc/self/");
}

TEST_F(MnistGanOutput, NamesInTheFolderThatAreTaken) {
  fs::create_directory(out_);
  put_file(out_ / "samples", "precious");
  expect_error("out", "out/samples: not a folder");
  fs::remove(out_ / "samples");
  fs::create_directories(out_ / "metrics.jsonl");
  put_file(out_ / "generator.safetensors", "precious");
  expect_error("out", "out/metrics.jsonl: cannot create: Is a directory");
}

TEST_F(MnistGanOutput, AFullDisk) {
  RunOptions full;
  full.file_size_limit = 1000;
  expect_error("out/new", "out/new/", full);
  // Too small for the models alone: told before the training, not after.
  full.file_size_limit = 500000;
  expect_error("out/new", "cannot write: File too large", full);
}

TEST_F(MnistGanOutput, AFullDiskLeavesAnEarlierRunAsItWas) {
  ASSERT_EQ(train("out").exit_code, 0);
  RunOptions full;
  full.file_size_limit = 1000;
  expect_error("out", "cannot write: File too large", full);
}

TEST_F(MnistGanOutput, AFailureAtTheLastFileLeavesTheCheckpoint) {
  fs::create_directories(out_ / "generator.safetensors" / "mine");
  const Outcome run = train("out");
  expect_refused(run, "mnist_gan", 1, "out/generator.safetensors: cannot write");
  const std::string checkpoint = "out/checkpoints/step_000000006.safetensors";
  EXPECT_NE(run.err.find("; the last checkpoint is " + checkpoint), std::string::npos) << run.err;
  EXPECT_TRUE(fs::exists(folder_ / checkpoint));
}

TEST_F(MnistGanOutput, ATrainingThatDivergesLeavesNothing) {
  const Outcome run =
      mnist_gan({"--epochs", "50", "--batch", "32", "--lr", "1e30", "--out", "out/new"});
  expect_refused(run, "mnist_gan", 1, "the training has diverged; try a smaller learning rate");
  EXPECT_NE(run.err.find(" is not finite at step "), std::string::npos) << run.err;
  // The first update of the discriminator takes its weights out of the range of floats.
  EXPECT_NE(run.err.find("; it began at step 1: "), std::string::npos) << run.err;
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(MnistGanOutput, ReplacesAnEarlierRunAndKeepsOtherFiles) {
  ASSERT_EQ(train("fresh").exit_code, 0);
  ASSERT_EQ(mnist_gan({"--epochs", "3", "--batch", "16", "--seed", "9", "--out", "out"}).exit_code,
            0);
  put_file(out_ / "notes.txt", "mine");
  put_file(out_ / "samples/epoch_best.png", "mine");
  ASSERT_EQ(train("out").exit_code, 0);
  Snapshot expected = snapshot(folder_ / "fresh"), actual = snapshot(out_);
  expected["notes.txt"] = "mine";
  expected["samples/epoch_best.png"] = "mine";
  EXPECT_EQ(names(actual), names(expected));
  EXPECT_EQ(read_untimed_metrics(out_ / "metrics.jsonl"),
            read_untimed_metrics(folder_ / "fresh/metrics.jsonl"));
  actual["metrics.jsonl"] = expected["metrics.jsonl"];
  EXPECT_TRUE(actual == expected);
}

TEST_F(MnistGanOutput, TakesATrailingSlashAndTheFolderItRunsIn) {
  EXPECT_EQ(train("out/").exit_code, 0);
  EXPECT_TRUE(fs::exists(out_ / "samples.png"));
  EXPECT_EQ(train(".").exit_code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "samples.png"));
}

}  // namespace
}  // namespace kiln::test
