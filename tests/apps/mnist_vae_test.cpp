// SPDX-License-Identifier: MIT
// What a VAE's training run leaves behind; what it shares with mnist_gan is tested there.
#include <set>

#include "models/network_file.h"
#include "tests/apps/app_test.h"
#include "tests/apps/metrics.h"
#include "tests/apps/read_png.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;
using MnistVae = AppTest;

TEST_F(MnistVae, WritesThePromisedFilesAndNothingElse) {
  make_data();
  const Outcome run = mnist_vae({"--epochs", "2", "--batch", "16", "--out", "out"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_EQ(
      names(snapshot(out_)),
      (std::vector<std::string>{"checkpoints", "checkpoints/step_000000012.safetensors",
                                "checkpoints/step_000000024.safetensors", "decoder.safetensors",
                                "encoder.safetensors", "metrics.jsonl", "samples", "samples.png",
                                "samples/epoch_0001.png", "samples/epoch_0002.png"}));
  for (const char* text : {"a VAE (recipe basic) on 200 images of 8x8", "epoch 2/2 step 12/12",
                           "test ", "Trained 24 steps", "--model out/decoder.safetensors"}) {
    EXPECT_NE(run.out.find(text), std::string::npos) << text << " is not in:\n" << run.out;
  }
}

TEST_F(MnistVae, MetricsHoldTheLossAndAtAnEpochsEndTheTestLoss) {
  make_data();
  mnist_vae({"--epochs", "3", "--batch", "2", "--out", "out"});
  const auto lines = read_metrics(out_ / "metrics.jsonl");
  ASSERT_EQ(lines.size(), 3u);
  for (const auto& line : lines) {
    std::set<std::string> keys;
    for (const auto& [key, value] : line.items()) keys.insert(key);
    EXPECT_EQ(keys, (std::set<std::string>{"epoch", "step", "loss", "reconstruction", "kl",
                                           "test_loss", "test_reconstruction", "test_kl",
                                           "images_per_second", "seconds"}));
    EXPECT_NEAR(line["loss"], line["reconstruction"].get<double>() + line["kl"].get<double>(),
                1e-3);
    // The test set is the training set here.
    EXPECT_NEAR(line["test_loss"], line["loss"], 0.3 * line["loss"].get<double>());
  }
  EXPECT_LT(lines.back()["loss"], lines.front()["loss"]);
}

// A rate of 0 from the second epoch on leaves what the first has made.
TEST_F(MnistVae, TheLearningRateFollowsItsSchedule) {
  make_data();
  const auto trained = [&](const Arguments& arguments) {
    Arguments all = {"--batch", "20", "--out", "out"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    EXPECT_EQ(mnist_vae(all).exit_code, 0);
    return get_file(out_ / "decoder.safetensors");
  };
  const std::string one = trained({"--epochs", "1"});
  const std::string then_nothing =
      trained({"--epochs", "3", "--lr-schedule", "step", "--lr-step", "1", "--lr-gamma", "0"});
  EXPECT_EQ(then_nothing, one);
  EXPECT_NE(trained({"--epochs", "3"}), one);
  const std::string cosine = trained({"--epochs", "3", "--lr-schedule", "cosine"});
  EXPECT_NE(cosine, trained({"--epochs", "3"}));
}

TEST_F(MnistVae, TheBoundIsMeasuredEverySoManyEpochsAndAtTheEnd) {
  make_data();
  ASSERT_EQ(mnist_vae({"--epochs", "5", "--batch", "100", "--out", "out", "--nll-samples", "3",
                       "--nll-images", "20", "--nll-every", "2"})
                .exit_code,
            0);
  std::vector<bool> measured;
  for (const auto& line : read_metrics(out_ / "metrics.jsonl")) {
    measured.push_back(line.contains("test_nll"));
  }
  EXPECT_EQ(measured, (std::vector<bool>{false, true, false, true, false, true}));
}

TEST_F(MnistVae, ItsDecoderIsAGeneratorOfPixels) {
  make_data();
  for (const std::string likelihood : {"bernoulli", "gaussian"}) {
    ASSERT_EQ(
        mnist_vae({"--epochs", "1", "--batch", "16", "--likelihood", likelihood, "--out", "out"})
            .exit_code,
        0);
    EXPECT_EQ(models::load_network(out_ / "encoder.safetensors", Device::cpu()).info.role,
              "encoder");
    const Outcome drawn =
        generate({"--model", "out/decoder.safetensors", "--n", "3", "--out", "drawn.png"});
    EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
    EXPECT_GT(read_png(folder_ / "drawn.png").width, 8u);
  }
  expect_refused(generate({"--model", "out/encoder.safetensors", "--out", "drawn.png"}), "generate",
                 1, "its role is 'encoder', not 'generator'");
}

TEST_F(MnistVae, MeasuresTheLogLikelihoodAtTheEnd) {
  make_data();
  const Outcome run = mnist_vae({"--recipe", "burda", "--epochs", "2", "--batch", "16",
                                 "--nll-samples", "50", "--nll-images", "90", "--out", "out"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("of 90 test images"), std::string::npos) << run.out;
  const auto lines = read_metrics(out_ / "metrics.jsonl");
  const auto& last = lines.back();
  EXPECT_EQ(last["nll_samples"], 50);
  EXPECT_EQ(last["nll_images"], 90);
  EXPECT_EQ(last["step"], 24);
  // No further from the ELBO than its KL divergence.
  const auto& epoch = lines[lines.size() - 2];
  EXPECT_LT(last["test_nll"], epoch["test_loss"].get<double>() + 0.5);
  EXPECT_GT(last["test_nll"], epoch["test_reconstruction"].get<double>() - 2);
}

TEST_F(MnistVae, EqualSeedsGiveEqualFiles) {
  make_data();
  for (const std::string recipe : {"basic", "burda"}) {
    for (const std::string out : {"a", "b"}) {
      ASSERT_EQ(mnist_vae({"--recipe", recipe, "--epochs", "1", "--batch", "16", "--seed", "3",
                           "--kl-warmup", "5", "--out", out})
                    .exit_code,
                0);
    }
    for (const char* name : {"decoder.safetensors", "encoder.safetensors", "samples.png"}) {
      EXPECT_EQ(get_file(folder_ / "a" / name), get_file(folder_ / "b" / name)) << name;
    }
    EXPECT_EQ(read_untimed_metrics(folder_ / "a/metrics.jsonl"),
              read_untimed_metrics(folder_ / "b/metrics.jsonl"));
  }
}

// The bound of more draws is below the ELBO that the same run reports of the test set.
TEST_F(MnistVae, TrainsOnTheImportanceWeightedBound) {
  make_data();
  const Outcome run =
      mnist_vae({"--iw-samples", "5", "--epochs", "2", "--batch", "16", "--out", "out"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("a VAE (recipe basic, 5 importance samples)"), std::string::npos)
      << run.out;
  const auto last = read_metrics(out_ / "metrics.jsonl").back();
  EXPECT_LT(last["loss"], last["reconstruction"].get<double>() + last["kl"].get<double>());
  EXPECT_GT(last["test_loss"], 0.5 * last["loss"].get<double>());
}

TEST_F(MnistVae, AVaeGanLeavesItsThreeNetworks) {
  make_data();
  for (const std::string out : {"out", "again"}) {
    const Outcome run =
        mnist_vae({"--recipe", "vae-gan", "--epochs", "2", "--batch", "16", "--out", out});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_NE(run.out.find("Training a VAE-GAN on 200 images of 8x8"), std::string::npos)
        << run.out;
  }
  const std::vector<std::string> expected = {"decoder.safetensors",
                                             "discriminator.safetensors",
                                             "encoder.safetensors",
                                             "metrics.jsonl",
                                             "samples",
                                             "samples.png",
                                             "samples/epoch_0001.png",
                                             "samples/epoch_0002.png"};
  fs::remove_all(out_ / "checkpoints");
  EXPECT_EQ(names(snapshot(out_)), expected);
  for (const std::string& name : expected) {
    if (name == "metrics.jsonl" || name == "samples") continue;
    EXPECT_EQ(get_file(out_ / name), get_file(folder_ / "again" / name)) << name;
  }
  EXPECT_EQ(read_untimed_metrics(out_ / "metrics.jsonl"),
            read_untimed_metrics(folder_ / "again/metrics.jsonl"));
  std::set<std::string> keys;
  const auto last = read_metrics(out_ / "metrics.jsonl").back();
  for (const auto& [key, value] : last.items()) keys.insert(key);
  EXPECT_EQ(keys, (std::set<std::string>{"epoch", "step", "kl", "likeness", "d_loss",
                                         "test_pixel_error", "images_per_second", "seconds"}));
  EXPECT_EQ(
      models::load_network(out_ / "discriminator.safetensors", Device::cpu()).network->outputs(),
      1);
  for (const Arguments& more :
       {Arguments{}, Arguments{"--reconstruct", "data/t10k-images-idx3-ubyte"}}) {
    Arguments all = {"--model", "out/decoder.safetensors", "--n", "9", "--out", "x-idx3-ubyte"};
    all.insert(all.end(), more.begin(), more.end());
    const Outcome drawn = generate(all);
    EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
    EXPECT_EQ(read_idx_images(folder_ / "x-idx3-ubyte").count, 9u);
  }
  expect_refused(mnist_vae({"--recipe", "vae-gan", "--beta", "2", "--out", "no"}), "mnist_vae", 1,
                 "--beta is not for recipe vae-gan");
  expect_refused(mnist_vae({"--recipe", "vae-gan", "--conditional", "--out", "no"}), "mnist_vae", 1,
                 "--conditional is not for recipe vae-gan");
}

TEST_F(MnistVae, BadOptionsAreOneLineAndLeaveNothing) {
  make_data();
  const std::pair<Arguments, std::string> cases[] = {
      {{"--recipe", "best"}, "recipe 'best' is unknown: use basic, deep, burda or vae-gan"},
      {{"--likelihood", "poisson"}, "likelihood 'poisson' is unknown"},
      {{"--beta", "-1"}, "beta -1"},
      {{"--beta", "nan"}, "beta nan"},
      {{"--sigma", "0", "--likelihood", "gaussian"}, "sigma 0"},
      {{"--sigma", "0.2"}, "--sigma is not for likelihood bernoulli"},
      {{"--lr", "-1"}, "--lr -1"},
      {{"--lr-schedule", "linear"}, "schedule 'linear' is unknown"},
      {{"--lr-gamma", "nan"}, "--lr-gamma nan"},
      {{"--lr-gamma", "0.5"}, "--lr-gamma is not for schedule constant"},
      {{"--lr-schedule", "cosine", "--lr-step", "2"}, "--lr-step is not for schedule cosine"},
      {{"--lr", "-1", "--recipe", "vae-gan"}, "--lr -1"},
      {{"--iw-samples", "5", "--beta", "2"}, "the bound of 5 importance samples has no KL"},
      {{"--batch", "201"}, "--batch 201 is not between 1 and the 200 images"}};
  for (const auto& [arguments, text] : cases) {
    Arguments all = arguments;
    all.insert(all.end(), {"--out", "out"});
    expect_refused(mnist_vae(all), "mnist_vae", 1, text);
  }
  expect_refused(mnist_vae({"--iw-samples", "0"}), "mnist_vae", 2, "'0' is not a whole number");
  expect_refused(mnist_vae({"--kl-warmup", "-1"}), "mnist_vae", 2, "'-1' is not a whole number");
  for (const char* option : {"--nll-images", "--nll-every"}) {
    expect_refused(mnist_vae({option, "5"}), "mnist_vae", 2, "requires --nll-samples");
  }
  write_idx_images(data_ / "t10k-images-idx3-ubyte", images(kImages, 9, 8));
  expect_refused(mnist_vae({"--out", "out"}), "mnist_vae", 1,
                 "the test images are 8x9, the training images 8x8");
  EXPECT_FALSE(std::filesystem::exists(out_));
}

}  // namespace
}  // namespace kiln::test
