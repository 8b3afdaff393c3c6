// SPDX-License-Identifier: MIT
// Models that are trained with labels, and the options of generate that choose what is drawn.
#include "engine/io/idx.h"
#include "models/network_file.h"
#include "tests/apps/app_test.h"
#include "tests/apps/read_png.h"

namespace kiln::test {
namespace {

class Conditional : public AppTest {
 protected:
  // One class an image half: what is bright says which label it is.
  void make_labelled_data() {
    std::filesystem::create_directory(data_);
    for (const std::string split : {"train", "t10k"}) make_labelled_split(split);
  }
  void make_labelled_split(const std::string& split) {
    const std::size_t count = 640;
    IdxImages images{count, 4, 4, Bytes(count * 16)};
    Bytes labels(count);
    for (std::size_t i = 0; i < count; ++i) {
      labels[i] = static_cast<std::uint8_t>(i % 2);
      for (std::size_t j = 0; j < 16; ++j) {
        images.pixels[i * 16 + j] = static_cast<std::uint8_t>((j < 8) == (i % 2 == 0) ? 255 : 0);
      }
    }
    write_idx_images(data_ / (split + "-images-idx3-ubyte"), images);
    write_idx_labels(data_ / (split + "-labels-idx1-ubyte"), labels);
  }

  Bytes drawn(const Arguments& more, const std::string& model = "out/generator.safetensors") {
    Arguments arguments = {"--model", model, "--out", "x-idx3-ubyte"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome run = generate(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return read_idx_images(folder_ / "x-idx3-ubyte").pixels;
  }
  void expect_drawing_refused(const Arguments& more, int exit_code, const std::string& text) {
    Arguments arguments = {"--model", "out/generator.safetensors", "--out", "no.png"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refused(generate(arguments), "generate", exit_code, text);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "no.png"));
  }
};

// The brighter half of each drawn image: 0 for the first.
std::vector<int> brighter_halves(const Bytes& pixels) {
  std::vector<int> halves;
  for (std::size_t i = 0; i < pixels.size(); i += 16) {
    int sums[2] = {};
    for (std::size_t j = 0; j < 16; ++j) sums[j / 8] += pixels[i + j];
    halves.push_back(sums[1] > sums[0] ? 1 : 0);
  }
  return halves;
}

TEST_F(Conditional, DrawsWhatIsAskedFor) {
  make_labelled_data();
  const Outcome run = mnist_gan(
      {"--conditional", "--epochs", "40", "--batch", "32", "--seed", "2", "--out", "out"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("a conditional GAN (recipe stable)"), std::string::npos) << run.out;
  for (const int label : {0, 1}) {
    const auto halves = brighter_halves(drawn({"--n", "50", "--label", std::to_string(label)}));
    EXPECT_GE(std::count(halves.begin(), halves.end(), label), 48) << label;
  }
  // Without a label, ten of each class in turn.
  const auto halves = brighter_halves(drawn({"--n", "120"}));
  EXPECT_GE(std::count(halves.begin(), halves.begin() + 10, 0), 9);
  EXPECT_GE(std::count(halves.begin() + 10, halves.begin() + 20, 1), 9);
  EXPECT_GE(std::count(halves.begin() + 100, halves.begin() + 110, 0), 9);
  EXPECT_EQ(models::load_network(out_ / "discriminator.safetensors", Device::cpu()).info.classes,
            10);
  expect_drawing_refused({"--label", "10"}, 1, "label 10 is not one of its 10 classes");
  expect_drawing_refused({"--label", "-1"}, 2, "'-1' is not a whole number");
}

// Pictures of a training run are ten images wide: a class a row.
TEST_F(Conditional, AVaeDrawsWhatIsAskedFor) {
  make_labelled_data();
  const Outcome run = mnist_vae({"--conditional", "--epochs", "10", "--batch", "16", "--lr",
                                 "0.003", "--seed", "2", "--out", "out"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("a conditional VAE (recipe basic)"), std::string::npos) << run.out;
  const std::string decoder = "out/decoder.safetensors";
  for (const int label : {0, 1}) {
    const auto halves =
        brighter_halves(drawn({"--n", "50", "--label", std::to_string(label)}, decoder));
    EXPECT_GE(std::count(halves.begin(), halves.end(), label), 48) << label;
  }
  const GreyImage picture = read_png(out_ / "samples.png");
  for (const std::size_t row : {0u, 1u}) {
    // Cells of 4x4 behind borders of 2.
    std::size_t sums[2] = {};
    for (std::size_t y = 0; y < 4; ++y) {
      for (std::size_t x = 0; x < 10; ++x) {
        sums[y / 2] += picture.pixels[(2 + row * 6 + y) * picture.width + 2 + x * 6];
      }
    }
    EXPECT_GT(sums[row], 2 * sums[1 - row]) << "row " << row;
  }
  for (const char* file : {"decoder.safetensors", "encoder.safetensors"}) {
    EXPECT_EQ(models::load_network(out_ / file, Device::cpu()).info.classes, 10);
  }
}

TEST_F(Conditional, AModelWithoutClassesHasNoLabels) {
  make_data();
  ASSERT_EQ(mnist_gan({"--epochs", "1", "--batch", "16", "--out", "out"}).exit_code, 0);
  expect_drawing_refused({"--label", "1"}, 1,
                         "out/generator.safetensors: its images have no labels to choose from");
}

TEST_F(Conditional, TruncationAndInterpolation) {
  make_data();
  ASSERT_EQ(mnist_gan({"--epochs", "1", "--batch", "16", "--out", "out"}).exit_code, 0);
  const Bytes all = drawn({"--n", "20"}), wide = drawn({"--n", "20", "--truncation", "100"}),
              narrow = drawn({"--n", "20", "--truncation", "0.5"});
  EXPECT_EQ(all, wide);
  EXPECT_NE(all, narrow);
  EXPECT_EQ(narrow, drawn({"--n", "20", "--truncation", "0.5"}));
  // The less the latent vectors vary, the less the images do.
  const auto spread = [](const Bytes& pixels) {
    double total = 0;
    for (std::size_t j = 0; j < 64; ++j) {
      double sum = 0, squares = 0;
      for (std::size_t i = 0; i < 20; ++i) {
        const double pixel = pixels[i * 64 + j];
        sum += pixel, squares += pixel * pixel;
      }
      total += squares / 20 - sum / 20 * sum / 20;
    }
    return total;
  };
  EXPECT_LT(spread(narrow), 0.5 * spread(all));
  for (const char* bad : {"0.01", "-1", "nan", "inf"}) {
    expect_drawing_refused({"--truncation", bad}, 1, "is not a number of at least 0.1");
  }

  // From one seed's first image to the other's, and no further than that from step to step.
  const Bytes path = drawn({"--n", "9", "--interpolate", "3", "4"});
  const Bytes from = drawn({"--n", "1", "--seed", "3"}), to = drawn({"--n", "1", "--seed", "4"});
  const auto largest_difference = [](const Bytes& a, std::size_t at, const Bytes& b) {
    int largest = 0;
    for (std::size_t j = 0; j < 64; ++j) {
      largest = std::max(largest, std::abs(int{a[at * 64 + j]} - int{b[j]}));
    }
    return largest;
  };
  EXPECT_LE(largest_difference(path, 0, from), 1);
  EXPECT_LE(largest_difference(path, 8, to), 1);
  EXPECT_GT(largest_difference(path, 4, from), 1);
  EXPECT_GT(largest_difference(path, 4, to), 1);
  EXPECT_EQ(drawn({"--n", "1", "--interpolate", "3", "3"}).size(), 64u);
  expect_drawing_refused({"--interpolate", "3"}, 1, "--interpolate takes two seeds");
  // What the way between two seeds has no use for.
  for (const char* other : {"--seed", "--truncation"}) {
    expect_drawing_refused({"--interpolate", "3", "4", other, "1"}, 2, other);
  }
  expect_drawing_refused({"--truncation", ""}, 2, "--truncation: is empty");
}

}  // namespace
}  // namespace kiln::test
