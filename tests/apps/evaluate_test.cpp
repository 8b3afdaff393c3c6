// SPDX-License-Identifier: MIT
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/data/mnist.h"
#include "engine/io/npy.h"
#include "models/mlp.h"
#include "models/network_file.h"
#include "tests/apps/app_test.h"

namespace kiln::test {
namespace {

class Evaluate : public AppTest {
 protected:
  Outcome evaluate(Arguments arguments, RunOptions options = {}) const {
    const std::filesystem::path data = KILN_DATA_DIR;
    const auto add_default = [&](const std::string& option, const std::string& value) {
      if (std::find(arguments.begin(), arguments.end(), option) != arguments.end()) return;
      arguments.insert(arguments.end(), {option, value});
    };
    add_default("--data", data.string());
    add_default("--classifier", (data.parent_path() / "classifier/mnist.safetensors").string());
    arguments.insert(arguments.end(), {"--threads", "1", "--device", "cpu"});
    options.folder = folder_.path();
    return run_program(KILN_EVALUATE, arguments, options);
  }

  void expect_evaluate_refuses(const Arguments& arguments, int exit_code, const std::string& text) {
    Arguments all = arguments;
    all.insert(all.end(), {"--json", "scores.json"});
    expect_refused(evaluate(all), "evaluate", exit_code, text);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "scores.json"));
  }

  // Writes `count` test digits, evenly spaced, to digits-idx3-ubyte.
  void write_digits(std::size_t count) const {
    IdxImages digits = load_mnist(KILN_DATA_DIR, MnistSplit::test).images;
    const std::size_t size = digits.height * digits.width, step = digits.count / count;
    Bytes chosen;
    for (std::size_t i = 0; i < count; ++i) {
      const auto first = digits.pixels.begin() + static_cast<std::ptrdiff_t>(i * step * size);
      chosen.insert(chosen.end(), first, first + static_cast<std::ptrdiff_t>(size));
    }
    digits.count = count;
    digits.pixels = std::move(chosen);
    write_idx_images(folder_ / "digits-idx3-ubyte", digits);
  }
};

// The images that stand for the real ones are these very digits.
TEST_F(Evaluate, RealDigitsScoreAsRealOnes) {
  write_digits(1000);
  const Outcome run = evaluate({"--samples", "digits-idx3-ubyte", "--json", "scores.json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* text : {"1000 images of digits-idx3-ubyte", "Frechet distance",
                           "1.00 times the floor", "classes covered", "Parzen"}) {
    EXPECT_NE(run.out.find(text), std::string::npos) << text << " is not in:\n" << run.out;
  }
  const auto json = nlohmann::json::parse(get_file(folder_ / "scores.json"));
  for (const char* key : {"frechet_distance", "classifier_score", "class_entropy"}) {
    EXPECT_NEAR(json["samples"][key], json["real"][key], 1e-5) << key;
  }
  EXPECT_EQ(json["samples"]["class_shares"], json["real"]["class_shares"]);
  EXPECT_GT(json["classifier_accuracy"], 0.99);
  EXPECT_GT(json["samples"]["classifier_score"], 9.0);
  EXPECT_EQ(json["samples"]["classes_covered"], 10);
}

TEST_F(Evaluate, BytesInAnArrayWithAChannelScoreAsThoseInMnistsFormat) {
  write_digits(1000);
  const IdxImages digits = read_idx_images(folder_ / "digits-idx3-ubyte");
  write_npy(folder_ / "digits.npy", digits.pixels, std::vector<std::size_t>{1000, 1, 28, 28});
  const auto scores = [&](const char* samples) {
    const Outcome run = evaluate({"--samples", samples, "--json", "scores.json"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return nlohmann::json::parse(get_file(folder_ / "scores.json"))["samples"];
  };
  EXPECT_EQ(scores("digits.npy"), scores("digits-idx3-ubyte"));
}

// A generator that draws the mean digit of the class asked for, or of the one after it.
void save_mean_digits(const std::filesystem::path& path, std::size_t shift) {
  const MnistData digits = load_mnist(KILN_DATA_DIR, MnistSplit::test);
  std::vector<double> sums(784 * 10), counts(10);
  for (std::size_t i = 0; i < digits.images.count; ++i) {
    const std::size_t digit = digits.labels[i];
    ++counts[digit];
    for (std::size_t j = 0; j < 784; ++j) sums[j * 10 + digit] += digits.images.pixels[i * 784 + j];
  }
  std::vector<float> weight(784 * 11);  // by one latent number, which says nothing, and the label
  for (std::size_t j = 0; j < 784; ++j) {
    for (std::size_t c = 0; c < 10; ++c) {
      const std::size_t drawn = (c + shift) % 10;
      weight[j * 11 + 1 + c] = static_cast<float>(sums[j * 10 + drawn] / counts[drawn] / 255);
    }
  }
  const models::Mlp mlp({.sizes = {11, 784}}, 1, Device::cpu());
  mlp.parameters()[0].copy_from(Tensor::from_host(weight, {784, 11}, Device::cpu()));
  mlp.parameters()[1].fill(0);
  models::save_network(path, mlp, {"generator", {28, 28}, 10});
}

TEST_F(Evaluate, SaysHowManySamplesAreWhatWasAskedFor) {
  const auto share = [&](std::size_t shift) {
    save_mean_digits(folder_ / "means.safetensors", shift);
    const Outcome run =
        evaluate({"--model", "means.safetensors", "--n", "1000", "--json", "scores.json"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_NE(run.out.find("taken for what was asked, %"), std::string::npos) << run.out;
    return nlohmann::json::parse(get_file(folder_ / "scores.json"))["taken_for_what_was_asked"]
        .get<double>();
  };
  EXPECT_GE(share(0), 0.8);
  EXPECT_LE(share(1), 0.2);
}

TEST_F(Evaluate, SaysThatItsTableIsLost) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  write_digits(1000);
  RunOptions full;
  full.standard_output = Stdout::full_disk;
  expect_refused(evaluate({"--samples", "digits-idx3-ubyte"}, full), "evaluate", 1,
                 "the table cannot be written to standard output");
}

TEST_F(Evaluate, RefusesWhatItCannotScore) {
  expect_evaluate_refuses({}, 2, "--model or --samples");
  expect_evaluate_refuses({"--samples", "absent.npy"}, 1, "absent.npy: cannot open");
  expect_evaluate_refuses({"--samples", "x.npy", "--n", "999"}, 2, "999");

  write_digits(999);
  expect_evaluate_refuses({"--samples", "digits-idx3-ubyte"}, 1,
                          "999 images are too few to score, at least 1000 needed");

  write_idx_images(folder_ / "small-idx3-ubyte", images(1000, 8, 8));
  expect_evaluate_refuses({"--samples", "small-idx3-ubyte"}, 1,
                          "images of 8x8 cannot be scored against data of 28x28");

  std::vector<float> pixels(1000 * 28 * 28, 0.5f);
  pixels[784 * 7 + 3] = std::numeric_limits<float>::quiet_NaN();
  write_npy(folder_ / "nan.npy", pixels, std::vector<std::size_t>{1000, 28, 28});
  expect_evaluate_refuses({"--samples", "nan.npy"}, 1, "image 7 has a pixel of value nan");
  write_npy(folder_ / "flat.npy", std::vector<float>(784), std::vector<std::size_t>{784});
  expect_evaluate_refuses({"--samples", "flat.npy"}, 1, "is not (images, height, width)");
  write_npy(folder_ / "colour.npy", std::vector<float>(784 * 3),
            std::vector<std::size_t>{1, 3, 28, 28});
  expect_evaluate_refuses({"--samples", "colour.npy"}, 1, "(1,3,28,28) is not (images, height");
}

TEST_F(Evaluate, RefusesModelsThatAreNoGenerators) {
  make_data();
  ASSERT_EQ(mnist_gan({"--epochs", "1", "--batch", "16", "--out", "out"}).exit_code, 0);
  expect_evaluate_refuses({"--model", "out/discriminator.safetensors"}, 1,
                          "its role is 'discriminator', not 'generator'");
  expect_evaluate_refuses({"--model", "out/metrics.jsonl"}, 1, "out/metrics.jsonl: ");
  expect_evaluate_refuses({"--model", "out/generator.safetensors"}, 1,
                          "images of 8x8 cannot be scored against data of 28x28");
  // Another network than the one that comes with Kiln must be asked for.
  expect_evaluate_refuses(
      {"--model", "out/generator.safetensors", "--classifier", "out/generator.safetensors"}, 1,
      "out/generator.safetensors: ");
}

}  // namespace
}  // namespace kiln::test
