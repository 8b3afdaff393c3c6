// SPDX-License-Identifier: MIT
// The run as the person at the terminal meets it: the progress bar, Ctrl-C, output that goes away.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <sstream>

#include "models/network_file.h"
#include "tests/apps/app_test.h"
#include "tests/apps/metrics.h"
#include "tests/apps/read_png.h"

namespace kiln::test {
namespace {

class MnistGanSession : public AppTest {
 protected:
  void SetUp() override { make_data(); }

  // All files are there and whole, and metrics.jsonl holds nothing but its lines.
  void expect_results(std::size_t epochs) {
    EXPECT_EQ(read_png(out_ / "samples.png").width, 102u);
    const auto pictures = snapshot(out_ / "samples");
    EXPECT_EQ(pictures.size(), epochs);
    for (const auto& [name, content] : pictures)
      EXPECT_EQ(read_png(out_ / "samples" / name).width, 102u);
    EXPECT_EQ(models::load_network(out_ / "generator.safetensors", Device::cpu()).info.role,
              "generator");
    EXPECT_EQ(models::load_network(out_ / "discriminator.safetensors", Device::cpu()).info.role,
              "discriminator");
    EXPECT_GE(read_metrics(out_ / "metrics.jsonl").size(), epochs);
    const std::size_t checkpoints = snapshot(out_ / "checkpoints").size();
    EXPECT_TRUE(checkpoints == 1 || checkpoints == 2) << checkpoints;
    EXPECT_EQ(snapshot(out_).size(), 6 + epochs + checkpoints);
  }

  const Arguments two_epochs_ = {"--epochs", "2", "--batch", "32", "--out", "out"};
  const Arguments endless_ = {"--epochs", "1000000", "--batch", "8", "--out", "out"};
};

// A bare chroot has no /dev/pts.
bool has_terminals() {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal >= 0) close(terminal);
  return terminal >= 0;
}

TEST_F(MnistGanSession, RedrawsOneLineOnATerminal) {
  if (!has_terminals()) GTEST_SKIP() << "this system has no pseudo-terminals";
  RunOptions options;
  options.standard_output = Stdout::terminal;
  const Outcome run = mnist_gan(two_epochs_, options);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("\repoch 1/2 [#####>"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\repoch 2/2 "), std::string::npos) << run.out;
  EXPECT_NE(run.out.find(" 6/6"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\r\nTrained 12 steps"), std::string::npos) << run.out;
  std::string drawing;
  for (std::istringstream text(run.out); std::getline(text, drawing, '\r');) {
    if (drawing.starts_with("epoch ")) {
      EXPECT_LE(drawing.find("\x1b[K"), 59u) << drawing;
    }
  }
}

TEST_F(MnistGanSession, AnInterruptFinishesTheStepAndLeavesCompleteResults) {
  for (const int signal : {SIGINT, SIGTERM}) {
    RunOptions options;
    options.signal = signal;
    options.signal_after = "epoch 1/1000000";
    const Outcome run = mnist_gan(endless_, options);
    EXPECT_EQ(run.exit_code, 130);
    EXPECT_EQ(run.err, "");
    EXPECT_NE(run.out.find("Interrupted after "), std::string::npos) << run.out;
    const auto lines = read_metrics(out_ / "metrics.jsonl");
    ASSERT_FALSE(lines.empty());
    expect_results(lines.back()["epoch"]);
    const std::string steps = lines.back()["step"].dump();
    EXPECT_NE(run.out.find("Interrupted after " + steps + " steps"), std::string::npos) << run.out;
  }
}

TEST_F(MnistGanSession, AnInterruptThatTheCallerIgnoresIsIgnored) {
  RunOptions options;
  options.signal = SIGINT;
  options.signal_after = "Running on";
  options.ignores_signal = true;
  const Outcome run = mnist_gan(two_epochs_, options);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.out.find("Trained 12 steps"), std::string::npos) << run.out;
}

// The results are files: nobody has to listen.
TEST_F(MnistGanSession, OutputThatCannotBeWrittenIsNoError) {
  for (const Stdout kind : {Stdout::closed, Stdout::closing, Stdout::full_disk}) {
    if (kind == Stdout::full_disk && !std::filesystem::exists("/dev/full")) continue;
    SCOPED_TRACE(static_cast<int>(kind));
    RunOptions options;
    options.standard_output = kind;
    const Outcome run = mnist_gan(two_epochs_, options);
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.err, "");
    expect_results(2);
    std::filesystem::remove_all(out_);
  }
}

TEST_F(MnistGanSession, HelpAndVersion) {
  const Outcome help = run_program(KILN_MNIST_GAN, {"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* option : {"--data", "--epochs", "--batch", "--lr", "--seed", "--recipe",
                             "--device", "--threads", "--max-steps", "--out", "data/mnist"}) {
    EXPECT_NE(help.out.find(option), std::string::npos) << option;
  }
  const Outcome version = run_program(KILN_MNIST_GAN, {"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("mnist_gan ")) << version.out;
}

}  // namespace
}  // namespace kiln::test
