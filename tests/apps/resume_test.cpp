// SPDX-License-Identifier: MIT
// Checkpoints, and runs that go on from them.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/apps/app_test.h"
#include "tests/apps/metrics.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;

class Resume : public AppTest {
 protected:
  void SetUp() override { make_data(); }

  Arguments arguments(const std::string& out, const Arguments& more = {}) const {
    Arguments all = {"--epochs", "3", "--batch", "8", "--checkpoint-every", "7", "--out", out};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  void expect_same(const std::string& a, const std::string& b) const {
    expect_same_run(folder_ / a, folder_ / b);
  }

  fs::path checkpoint(std::int64_t step) const {
    return out_ / "checkpoints" / fmt::format("step_{:09}.safetensors", step);
  }
};

// Stops `program` with `signal` when it has shown some text, then lets it go on, until it is
// through.
template <class Program>
void expect_survives(Program program, const Arguments& arguments, int signal,
                     const std::vector<std::string>& texts) {
  Arguments resumed = arguments;
  resumed.emplace_back("--resume");
  for (const std::string& text : texts) {
    RunOptions stop;
    stop.signal = signal;
    stop.signal_after = text;
    const Outcome run = program(resumed, stop);
    EXPECT_TRUE(run.exit_code == 128 + signal || run.exit_code == 130 || run.exit_code == 0)
        << run.exit_code << run.err;
  }
  const Outcome run = program(resumed, RunOptions());
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, "");
}

TEST_F(Resume, AKilledRunEndsAsOneThatWasNot) {
  const auto gan = [this](const Arguments& all, const RunOptions& options) {
    return mnist_gan(all, options);
  };
  for (const Arguments& more : {Arguments{}, Arguments{"--recipe", "wgan-gp", "--conditional"},
                                Arguments{"--recipe", "dcgan", "--lr-schedule", "cosine"}}) {
    fs::remove_all(folder_ / "whole");
    fs::remove_all(out_);
    ASSERT_EQ(mnist_gan(arguments("whole", more)).exit_code, 0);
    expect_survives(gan, arguments("out", more), SIGKILL,
                    {"Running on", "epoch 1/3", "epoch 2/3", "Going on"});
    expect_same("whole", "out");
  }
}

TEST_F(Resume, AKilledVaeToo) {
  const auto vae = [this](const Arguments& all, const RunOptions& options) {
    return mnist_vae(all, options);
  };
  for (const Arguments& more :
       {Arguments{"--conditional", "--kl-warmup", "30", "--beta", "2"},
        Arguments{"--recipe", "burda", "--iw-samples", "3"}, Arguments{"--recipe", "vae-gan"}}) {
    fs::remove_all(folder_ / "whole");
    fs::remove_all(out_);
    ASSERT_EQ(mnist_vae(arguments("whole", more)).exit_code, 0);
    expect_survives(vae, arguments("out", more), SIGKILL, {"epoch 1/3", "epoch 2/3"});
    expect_same("whole", "out");
  }
}

TEST_F(Resume, AnInterruptLosesNoStep) {
  ASSERT_EQ(mnist_gan(arguments("whole", {"--tensorboard"})).exit_code, 0);
  RunOptions stop;
  stop.signal = SIGTERM;
  stop.signal_after = "epoch 1/3";
  const Outcome stopped = mnist_gan(arguments("out", {"--tensorboard"}), stop);
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_NE(stopped.out.find("to go on: the same command with --resume"), std::string::npos)
      << stopped.out;
  const std::string step = read_metrics(out_ / "metrics.jsonl").back()["step"].dump();
  const Outcome run = mnist_gan(arguments("out", {"--tensorboard", "--resume"}));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find(" and " + step + " steps, from out/checkpoints/"), std::string::npos)
      << run.out;
  for (const char* folder : {"whole", "out"}) {  // events hold the time of day
    EXPECT_TRUE(fs::remove(folder_ / folder / "events.out.tfevents.kiln"));
  }
  expect_same("whole", "out");
}

TEST_F(Resume, WithoutTensorBoardLeavesTheEventsThatAreThere) {
  Arguments shorter = arguments("out", {"--tensorboard"});
  shorter[1] = "1";
  ASSERT_EQ(mnist_gan(shorter).exit_code, 0);
  const std::string events = get_file(out_ / "events.out.tfevents.kiln");
  ASSERT_EQ(mnist_gan(arguments("out", {"--resume"})).exit_code, 0);
  EXPECT_EQ(get_file(out_ / "events.out.tfevents.kiln"), events);
}

TEST_F(Resume, GoesOnWithMoreEpochsAndSteps) {
  const Arguments longer = arguments("out", {"--resume"});
  Arguments shorter = longer;
  shorter[1] = "1";
  ASSERT_EQ(mnist_gan(shorter).exit_code, 0);
  Arguments stopped = longer;
  stopped.insert(stopped.end(), {"--max-steps", "40"});
  ASSERT_EQ(mnist_gan(stopped).exit_code, 0);
  const Outcome run = mnist_gan(longer);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("Going on after 1 epochs and 40 steps"), std::string::npos) << run.out;
  ASSERT_EQ(mnist_gan(arguments("whole")).exit_code, 0);
  expect_same("whole", "out");
  ASSERT_EQ(mnist_gan(longer).exit_code, 0);  // there is nothing left to do
  expect_same("whole", "out");
}

// The hundredth step has a line in the log, also where a run stops there before it goes on.
TEST_F(Resume, StopsWhereALineIsDue) {
  const Arguments whole = {"--epochs", "5", "--batch", "7", "--out", "whole"};
  ASSERT_EQ(mnist_vae(whole).exit_code, 0);
  Arguments resumed = whole;
  resumed.back() = "out";
  resumed.emplace_back("--resume");
  Arguments stopped = resumed;
  stopped.insert(stopped.end(), {"--max-steps", "100"});
  ASSERT_EQ(mnist_vae(stopped).exit_code, 0);
  const auto lines = read_untimed_metrics(out_ / "metrics.jsonl");
  EXPECT_EQ(lines.back()["step"], 100);
  ASSERT_EQ(mnist_vae(stopped).exit_code, 0);  // there is nothing left to do
  EXPECT_EQ(read_untimed_metrics(out_ / "metrics.jsonl"), lines);
  ASSERT_EQ(mnist_vae(resumed).exit_code, 0);
  expect_same("whole", "out");
}

TEST_F(Resume, KeepsTheNewest) {
  ASSERT_EQ(mnist_gan(arguments("out", {"--keep-checkpoints", "3"})).exit_code, 0);
  EXPECT_EQ(names(snapshot(out_ / "checkpoints")),
            (std::vector<std::string>{"step_000000063.safetensors", "step_000000070.safetensors",
                                      "step_000000075.safetensors"}));
  Arguments other = arguments("out");
  other[1] = "1";
  ASSERT_EQ(mnist_gan(other).exit_code, 0);  // another run's in their place
  EXPECT_EQ(names(snapshot(out_ / "checkpoints")),
            (std::vector<std::string>{"step_000000021.safetensors", "step_000000025.safetensors"}));
}

TEST_F(Resume, RefusesAnotherRunsCheckpoint) {
  ASSERT_EQ(mnist_gan(arguments("out")).exit_code, 0);
  const Snapshot before = snapshot(folder_.path());
  const std::string file = "out/checkpoints/step_000000075.safetensors: ";
  const auto refused = [&](const Arguments& more, const std::string& text) {
    Arguments all = arguments("out", {"--resume"});
    all.insert(all.end(), more.begin(), more.end());
    const Outcome run = mnist_gan(all);
    expect_refused(run, "mnist_gan", 1, file + text);
    EXPECT_TRUE(snapshot(folder_.path()) == before) << "the folder is not as it was";
  };
  refused({"--batch", "16"}, "was made with --batch '8', not '16'");
  refused({"--seed", "2"}, "was made with --seed '1', not '2'");
  refused({"--recipe", "seed"}, "was made with --recipe 'stable', not 'seed'");
  refused({"--conditional"}, "was made with --conditional");
  refused({"--lr", "0.1"}, "was made with --lr '', not '0.1'");
  refused({"--lr-schedule", "cosine"}, "was made with ");
  const Outcome vae = mnist_vae(arguments("out", {"--resume"}));
  expect_refused(vae, "mnist_vae", 1, file + "is of mnist_gan, not of mnist_vae");
  write_idx_images(data_ / "train-images-idx3-ubyte", images(kImages, 8, 8 + 1));
  expect_refused(mnist_gan(arguments("out", {"--resume"})), "mnist_gan", 1,
                 file + "was made with data '200 images of 8x8, check sum ");
}

TEST_F(Resume, PassesOverADamagedCheckpoint) {
  ASSERT_EQ(mnist_gan(arguments("whole")).exit_code, 0);
  ASSERT_EQ(mnist_gan(arguments("out")).exit_code, 0);
  const auto expect_passed_over = [&](const std::string& fault) {
    const Outcome run = mnist_gan(arguments("out", {"--resume"}));
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_TRUE(run.err.starts_with("mnist_gan: warning: out/checkpoints/step_000000075"))
        << run.err;
    EXPECT_NE(run.err.find(fault), std::string::npos) << run.err;
    EXPECT_NE(run.out.find("Going on after 2 epochs and 70 steps"), std::string::npos) << run.out;
    expect_same("whole", "out");
  };
  std::string bytes = get_file(checkpoint(75));
  fs::resize_file(checkpoint(75), bytes.size() - 1);
  expect_passed_over("truncated");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  put_file(checkpoint(75), bytes);
  expect_passed_over("damaged: the data do not match their checksum");
  fs::copy_file(out_ / "generator.safetensors", checkpoint(75),
                fs::copy_options::overwrite_existing);
  expect_passed_over("not a checkpoint of Kiln");
  for (const std::int64_t step : {70, 75}) put_file(checkpoint(step), "");
  const Snapshot before = snapshot(out_);
  expect_refused(mnist_gan(arguments("out", {"--resume"})), "mnist_gan", 1,
                 "step_000000075.safetensors: truncated");
  EXPECT_TRUE(snapshot(out_) == before);
}

TEST_F(Resume, ARunGoesOnWhenACheckpointCannotBeWritten) {
  fs::create_directories(out_);
  put_file(out_ / "checkpoints", "mine");
  const Outcome run = mnist_gan(arguments("out"));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_TRUE(run.err.starts_with("mnist_gan: warning: no checkpoint was written: out/checkpoints"))
      << run.err;
  EXPECT_EQ(get_file(out_ / "checkpoints"), "mine");
  EXPECT_TRUE(fs::exists(out_ / "generator.safetensors"));
}

TEST_F(Resume, AFullDiskLeavesTheCheckpointsThatWereThere) {
  Arguments first = arguments("out");
  first[1] = "1";
  ASSERT_EQ(mnist_gan(first).exit_code, 0);
  const Snapshot before = snapshot(out_ / "checkpoints");
  RunOptions full;
  full.file_size_limit = 2000000;  // models fit, a checkpoint does not
  const Outcome run = mnist_gan(arguments("out", {"--resume"}), full);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.err.find("no checkpoint was written: "), std::string::npos) << run.err;
  EXPECT_TRUE(snapshot(out_ / "checkpoints") == before) << "the folder is not as it was";
  ASSERT_EQ(mnist_gan(arguments("whole")).exit_code, 0);
  ASSERT_EQ(mnist_gan(arguments("out", {"--resume"})).exit_code, 0);
  expect_same("whole", "out");
}

TEST_F(Resume, ADivergedRunKeepsItsLastCheckpoint) {
  const Outcome run = mnist_gan({"--epochs", "100", "--batch", "8", "--checkpoint-every", "2",
                                 "--lr", "1e3", "--out", "out"});
  expect_refused(run, "mnist_gan", 1, "; the last checkpoint is out/checkpoints/step_");
  EXPECT_NE(run.err.find(" is not finite at step "), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("; it began at step "), std::string::npos) << run.err;
  EXPECT_FALSE(snapshot(out_ / "checkpoints").empty());
}

}  // namespace
}  // namespace kiln::test
