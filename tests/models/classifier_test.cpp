// SPDX-License-Identifier: MIT
#include "models/classifier/classifier.h"

#include <algorithm>
#include <numeric>

#include "engine/data/sha256.h"
#include "engine/io/file.h"
#include "engine/io/image_grid.h"
#include "models/classifier/training.h"
#include "models/mlp.h"
#include "models/network_file.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using models::Classifier;
using models::ClassifierTraining;
using models::ImageFeatures;
using models::Mlp;

class ClassifierTest : public PlaceTest {
 protected:
  static std::shared_ptr<Mlp> network(Device device) {
    return std::make_shared<Mlp>(models::MlpConfig{.sizes = {6, 5, 4, 3}}, 7, device);
  }

  // 8x8 images of three kinds: bright above, bright below, dark.
  static MnistData halves(std::size_t count) {
    MnistData data{{count, 8, 8, std::vector<std::uint8_t>(count * 64, 10)}, {}};
    for (std::size_t i = 0; i < count; ++i) {
      data.labels.push_back(static_cast<std::uint8_t>(i % 3));
      for (std::size_t p = 0; p < 64 && i % 3 != 2; ++p) {
        const bool bright = (p < 32) == (i % 3 == 0);
        if (bright) data.images.pixels[i * 64 + p] = static_cast<std::uint8_t>(150 + i % 100);
      }
    }
    return data;
  }
};

// Features and probabilities are those of the layers, for any number of images.
TEST_P(ClassifierTest, GivesLayersOfTheNetwork) {
  const auto mlp = network(device());
  const Classifier classifier(mlp, {2, 3}, device());
  EXPECT_EQ(classifier.height(), 2);
  EXPECT_EQ(classifier.width(), 3);
  EXPECT_EQ(classifier.classes(), 3);
  for (const std::int64_t n : {0, 1, 2503}) {
    const std::vector<float> pixels = random_values<float>(n * 6, 0, 1, 1);
    const ImageFeatures seen = classifier.classify(pixels);
    EXPECT_EQ(seen.count, n);
    EXPECT_EQ(seen.feature_matrix().size, 4);
    EXPECT_EQ(seen.probability_matrix().size, 3);
    const auto outputs = mlp->layer_outputs(Tensor::from_host(pixels, {n, 6}, device()),
                                            Tensor::empty({n, 3}, device()));
    EXPECT_TRUE(near(seen.features, values_of(outputs[1]), 1e-5, 1e-6));
    const std::vector<double> logits = values_of(outputs[2]);
    std::vector<double> probabilities;
    for (std::size_t i = 0; i < logits.size(); i += 3) {
      double sum = 0;
      for (std::size_t j = 0; j < 3; ++j) sum += std::exp(logits[i + j]);
      for (std::size_t j = 0; j < 3; ++j) probabilities.push_back(std::exp(logits[i + j]) / sum);
    }
    EXPECT_TRUE(near(seen.probabilities, probabilities, 1e-5, 1e-6));
  }
}

TEST_P(ClassifierTest, SavedAndLoadedIsTheSame) {
  const TemporaryDirectory folder;
  const auto mlp = network(device());
  models::save_classifier(folder / "c", *mlp, {2, 3});
  const Classifier loaded = Classifier::load(folder / "c", device());
  EXPECT_EQ(loaded.height(), 2);
  const std::vector<float> pixels = random_values<float>(60, 0, 1, 1);
  EXPECT_TRUE(same_bits(loaded.classify(pixels).features,
                        Classifier(mlp, {2, 3}, device()).classify(pixels).features));
}

TEST_P(ClassifierTest, LearnsWhatIsEasy) {
  const MnistData data = halves(300), unseen = halves(90);
  ClassifierTraining training;
  training.hidden = {16, 8};
  training.epochs = 6;
  training.batch = 20;
  training.learning_rate = 5e-3;
  training.augmentation = {.shift = 1};
  std::vector<double> losses;
  training.on_epoch = [&](std::int64_t epoch, double loss) {
    losses.push_back(loss);
    EXPECT_EQ(epoch, static_cast<std::int64_t>(losses.size()));
  };
  const auto mlp = train_classifier(data, training, device());
  EXPECT_EQ(losses.size(), 6u);
  EXPECT_LT(losses.back(), 0.3 * losses.front());
  const Classifier classifier(mlp, {8, 8}, device());
  EXPECT_EQ(classifier.accuracy(bytes_to_unit(unseen.images.pixels), unseen.labels), 1);
  std::vector<std::uint8_t> wrong = unseen.labels;
  for (std::uint8_t& label : wrong) label = static_cast<std::uint8_t>((label + 1) % 3);
  EXPECT_EQ(classifier.accuracy(bytes_to_unit(unseen.images.pixels), wrong), 0);

  training.on_epoch = {};
  const auto weights = [&](std::uint64_t seed) {
    training.seed = seed;
    return values_of(train_classifier(data, training, device())->parameters()[0]);
  };
  const auto first = weights(1);
  EXPECT_TRUE(same_bits(weights(1), first));
  EXPECT_FALSE(same_bits(weights(2), first));
}

TEST_P(ClassifierTest, AConvolutionalOneLearnsToo) {
  const MnistData data = halves(120);
  ClassifierTraining training;
  training.arch = models::classifier_arch_from_name("conv");
  training.channels = {3, 4};
  training.hidden = {8};
  training.epochs = 12;
  training.batch = 20;
  training.learning_rate = 1e-2;
  const auto network = train_classifier(data, training, device());
  EXPECT_EQ(network->layers().size(), 4u);
  const Classifier classifier(network, {8, 8}, device());
  EXPECT_EQ(classifier.accuracy(bytes_to_unit(data.images.pixels), data.labels), 1);
  expect_error([] { models::classifier_arch_from_name("cnn"); },
               "architecture 'cnn' is unknown: use mlp or conv");
}

// The last step's update can be what diverges: no loss tells.
TEST_P(ClassifierTest, ADivergedTrainingIsAnError) {
  ClassifierTraining training;
  training.hidden = {8};
  training.epochs = 1;
  training.batch = 60;
  training.learning_rate = 1e38;
  expect_error([&] { train_classifier(halves(60), training, device()); },
               "[train_classifier] the weights are not finite after epoch 1");
}

TEST_P(ClassifierTest, Errors) {
  const auto mlp = network(device());
  expect_error(
      [&] {
        Classifier(mlp, {2, 4}, device());
      },
      "[classifier] image shape (2,4) does not hold 6 pixels");
  const Classifier classifier(mlp, {2, 3}, device());
  const std::vector<float> pixels(7);
  expect_error([&] { classifier.classify(pixels); }, "[classifier] 7 pixels are not images of 6");
  expect_error([&] { classifier.accuracy(std::span(pixels).first(6), {}); },
               "[classifier] 0 labels for 1 images");

  const TemporaryDirectory folder;
  const std::string path = (folder / "m").string();
  models::save_network(path, *mlp, {"discriminator", {2, 3}});
  expect_error([&] { Classifier::load(path, device()); },
               path + ": this is a discriminator, not a classifier");
  models::save_network(path, Mlp({.sizes = {6, 3}}, 1, device()), {"classifier", {2, 3}});
  expect_error([&] { Classifier::load(path, device()); },
               path + ": this classifier has no hidden layer to take features from");

  MnistData data = halves(10);
  ClassifierTraining training;
  expect_error([&] { train_classifier(data, training, device()); },
               "[train_classifier] 10 images are no batch of 128");
  training.batch = 5;
  std::fill(data.labels.begin(), data.labels.end(), std::uint8_t{0});
  expect_error([&] { train_classifier(data, training, device()); },
               "[train_classifier] all images are of class 0");
}

KILN_ON_EVERY_FLOAT_PLACE(ClassifierTest);

// The weights in the tree are those whose sum the code knows, and as good as the documentation
// says.
TEST(MnistClassifier, IsTheOneThatCameWithKiln) {
  const std::filesystem::path data = KILN_DATA_DIR;
  const std::filesystem::path path = data.parent_path() / "classifier" / "mnist.safetensors";
  Sha256 sum;
  sum.update(read_file(path, 1 << 20));
  EXPECT_EQ(sum.hex_digest(), models::kMnistClassifierSha256);
  const MnistData test = load_mnist(data, MnistSplit::test);
  const Classifier classifier = Classifier::load(path, Device::cpu());
  EXPECT_GE(classifier.accuracy(bytes_to_unit(test.images.pixels), test.labels), 0.99);
}

}  // namespace
}  // namespace kiln::test
