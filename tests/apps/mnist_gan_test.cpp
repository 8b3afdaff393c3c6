// SPDX-License-Identifier: MIT
// What a training run leaves behind.
#include <set>

#include "engine/io/safetensors.h"
#include "models/network_file.h"
#include "tests/apps/app_test.h"
#include "tests/apps/metrics.h"
#include "tests/apps/read_png.h"

namespace kiln::test {
namespace {

using MnistGan = AppTest;
using Extents = std::vector<std::size_t>;

TEST_F(MnistGan, WritesThePromisedFilesAndNothingElse) {
  make_data();
  const Outcome run = mnist_gan({"--epochs", "2", "--batch", "16", "--out", "out"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_EQ(names(snapshot(out_)),
            (std::vector<std::string>{"checkpoints", "checkpoints/step_000000012.safetensors",
                                      "checkpoints/step_000000024.safetensors",
                                      "discriminator.safetensors", "generator.safetensors",
                                      "metrics.jsonl", "samples", "samples.png",
                                      "samples/epoch_0001.png", "samples/epoch_0002.png"}));
  EXPECT_EQ(folder_.names(), (std::vector<std::string>{"data", "out"}));
}

TEST_F(MnistGan, SaysWhatItRunsOnHowFarItIsAndWhereTheResultsAre) {
  make_data();
  const Outcome run = mnist_gan({"--epochs", "2", "--batch", "16", "--out", "out"});
  for (const char* text : {"recipe stable", "200 images of 8x8", "Running on CPU, 1 thread\n",
                           "epoch 1/2 step 12/12", "epoch 2/2 step 12/12", "Trained 24 steps",
                           "Results in out:", "samples.png", "--model out/generator.safetensors"}) {
    EXPECT_NE(run.out.find(text), std::string::npos) << text << " is not in:\n" << run.out;
  }
  EXPECT_EQ(run.out.find_first_of("\r\x1b"), std::string::npos) << "a bar, but no terminal";
}

TEST_F(MnistGan, MetricsAreOneObjectALine) {
  make_data();
  mnist_gan({"--epochs", "3", "--batch", "4", "--out", "out"});
  std::vector<std::pair<int, int>> steps;
  double seconds = 0;
  for (const auto& line : read_metrics(out_ / "metrics.jsonl")) {
    std::set<std::string> keys;
    for (const auto& [key, value] : line.items()) {
      keys.insert(key);
      EXPECT_TRUE(value.is_number()) << line;
    }
    EXPECT_EQ(keys, (std::set<std::string>{"epoch", "step", "d_loss", "g_loss", "d_real", "d_fake",
                                           "images_per_second", "seconds"}));
    steps.emplace_back(line["epoch"], line["step"]);
    EXPECT_GT(line["d_loss"], 0.0);
    EXPECT_GT(line["g_loss"], 0.0);
    for (const char* probability : {"d_real", "d_fake"}) {
      EXPECT_GE(line[probability], 0.0);
      EXPECT_LE(line[probability], 1.0);
    }
    EXPECT_GT(line["images_per_second"], 0.0);
    EXPECT_GE(line["seconds"], seconds);
    seconds = line["seconds"];
  }
  // Every hundred steps and at the end of every epoch, of 50 steps each.
  EXPECT_EQ(steps, (std::vector<std::pair<int, int>>{{1, 50}, {2, 100}, {3, 150}}));
}

TEST_F(MnistGan, WritesTensorBoardsEventsWhereAsked) {
  make_data();
  const auto train = [&](const Arguments& more) {
    Arguments arguments = {"--epochs", "2", "--batch", "100", "--out", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return mnist_gan(arguments);
  };
  const Outcome run = train({"--tensorboard"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("tensorboard --logdir out"), std::string::npos) << run.out;
  const std::string events = get_file(out_ / "events.out.tfevents.kiln");
  const auto count = [&](const std::string& name) {
    std::size_t found = 0;
    for (auto at = events.find(name); at != std::string::npos; at = events.find(name, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("d_loss"), read_metrics(out_ / "metrics.jsonl").size());
  EXPECT_EQ(count("samples"), 2U);
  EXPECT_EQ(count("generator/fc1.weight"), 2U);
  EXPECT_EQ(count("discriminator/fc3.bias"), 2U);
  EXPECT_EQ(train({}).exit_code, 0);  // not an earlier run's beside these metrics
  EXPECT_FALSE(std::filesystem::exists(out_ / "events.out.tfevents.kiln"));
}

TEST_F(MnistGan, PicturesShowAHundredImagesEach) {
  make_data();
  mnist_gan({"--epochs", "2", "--batch", "16", "--out", "out"});
  for (const char* name : {"samples.png", "samples/epoch_0001.png", "samples/epoch_0002.png"}) {
    const GreyImage picture = read_png(out_ / name);
    EXPECT_EQ(picture.width, 10 * (8 + 2) + 2u) << name;
    EXPECT_EQ(picture.height, 10 * (8 + 2) + 2u) << name;
    EXPECT_GT(std::set<std::uint8_t>(picture.pixels.begin(), picture.pixels.end()).size(), 10u);
  }
  EXPECT_EQ(get_file(out_ / "samples.png"), get_file(out_ / "samples/epoch_0002.png"));
  EXPECT_NE(get_file(out_ / "samples.png"), get_file(out_ / "samples/epoch_0001.png"));
}

TEST_F(MnistGan, ModelsHavePyTorchsNamesAndTheirArchitecture) {
  make_data();
  mnist_gan({"--epochs", "1", "--batch", "16", "--out", "out"});
  const SafetensorsFile generator(out_ / "generator.safetensors");
  EXPECT_EQ(generator.tensors().size(), 8u);
  const std::size_t sizes[] = {100, 128, 256, 512, 64};
  for (std::size_t i = 1; i < std::size(sizes); ++i) {
    const std::string layer = "fc" + std::to_string(i);
    EXPECT_EQ(generator.tensor(layer + ".weight").shape, (Extents{sizes[i], sizes[i - 1]}));
    EXPECT_EQ(generator.tensor(layer + ".bias").shape, (Extents{sizes[i]}));
    EXPECT_EQ(generator.tensor(layer + ".bias").dtype, "F32");
  }
  const SafetensorsFile discriminator(out_ / "discriminator.safetensors");
  EXPECT_EQ(discriminator.tensors().size(), 8u);
  EXPECT_EQ(discriminator.tensor("fc1.weight").shape, (Extents{512, 64}));
  EXPECT_EQ(discriminator.tensor("fc4.weight").shape, (Extents{11, 128}));
  const auto architecture = nlohmann::json::parse(generator.metadata_value("kiln.architecture"));
  EXPECT_EQ(architecture["role"], "generator");
  EXPECT_EQ(architecture["image_shape"], nlohmann::json({8, 8}));
  EXPECT_EQ(architecture["layers"][0]["categories"], 10);
  EXPECT_EQ(models::load_network(out_ / "discriminator.safetensors", Device::cpu()).info.role,
            "discriminator");
}

TEST_F(MnistGan, TheLastOfAnOptionGivenTwiceCounts) {
  make_data();
  ASSERT_EQ(
      mnist_gan({"--epochs", "3", "--batch", "16", "--epochs", "1", "--out", "out"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(out_ / "samples/epoch_0001.png"));
  EXPECT_FALSE(std::filesystem::exists(out_ / "samples/epoch_0002.png"));
}

TEST_F(MnistGan, TrainsOnImagesThatAreNotSquareAndGenerateDrawsThem) {
  make_data(10, 14);
  ASSERT_EQ(mnist_gan({"--epochs", "1", "--batch", "16", "--out", "out"}).exit_code, 0);
  const GreyImage picture = read_png(out_ / "samples.png");
  EXPECT_EQ(picture.width, 10 * (14 + 2) + 2u);
  EXPECT_EQ(picture.height, 10 * (10 + 2) + 2u);
  const Outcome drawn = generate(
      {"--model", "out/generator.safetensors", "--n", "3", "--out", "drawn-idx3-ubyte.gz"});
  EXPECT_EQ(drawn.exit_code, 0);
  EXPECT_NE(drawn.out.find("3 images of 14x10"), std::string::npos) << drawn.out;
  const IdxImages images = read_idx_images(folder_ / "drawn-idx3-ubyte.gz");
  EXPECT_EQ((Extents{images.count, images.height, images.width}), (Extents{3, 10, 14}));
}

TEST_F(MnistGan, TrainsOnPackedFiles) {
  make_data();
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}) {
    std::filesystem::remove(data_ / name);
  }
  write_idx_images(data_ / "train-images-idx3-ubyte.gz", images(kImages, 8, 8));
  write_idx_labels(data_ / "train-labels-idx1-ubyte.gz", labels(kImages));
  EXPECT_EQ(mnist_gan({"--epochs", "1", "--batch", "200", "--out", "out"}).exit_code, 0);
}

TEST_F(MnistGan, StopsAfterMaxSteps) {
  make_data();
  const Outcome run =
      mnist_gan({"--epochs", "5", "--batch", "16", "--max-steps", "13", "--out", "out/deep/er"});
  EXPECT_EQ(run.exit_code, 0);
  const auto lines = read_metrics(out_ / "deep/er/metrics.jsonl");
  EXPECT_EQ(lines.back()["step"], 13);
  EXPECT_EQ(lines.back()["epoch"], 2);
  EXPECT_TRUE(std::filesystem::exists(out_ / "deep/er/samples/epoch_0002.png"));
  EXPECT_FALSE(std::filesystem::exists(out_ / "deep/er/samples/epoch_0003.png"));
}

// The defaults of the program, from the repository's root; both recipes.
TEST_F(MnistGan, TrainsOnTheRepositorysData) {
  const std::filesystem::path data = KILN_DATA_DIR;
  RunOptions options;
  options.folder = data.parent_path().parent_path();
  for (const std::string recipe : {"stable", "seed"}) {
    const Outcome run = run_program(KILN_MNIST_GAN,
                                    {"--max-steps", "3", "--threads", "1", "--device", "cpu",
                                     "--recipe", recipe, "--out", (out_ / recipe).string()},
                                    options);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_NE(run.out.find("(recipe " + recipe + ") on 60000 images of 28x28"), std::string::npos)
        << run.out;
    EXPECT_EQ(read_png(out_ / recipe / "samples.png").width, 10 * (28 + 2) + 2u);
  }
  EXPECT_NE(get_file(out_ / "stable/generator.safetensors"),
            get_file(out_ / "seed/generator.safetensors"));
}

}  // namespace
}  // namespace kiln::test
