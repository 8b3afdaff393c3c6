// SPDX-License-Identifier: MIT
#include "models/classifier/fine_tuning.h"

#include <algorithm>
#include <cmath>

#include "engine/io/safetensors.h"
#include "engine/ops/cross_entropy.h"
#include "models/classifier/classifier.h"
#include "models/classifier/pretrained.h"
#include "models/dcgan/dcgan.h"
#include "models/mlp.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using models::Chain;
using models::FineTuning;
using models::Mlp;
using Bits = std::vector<std::vector<double>>;

class FineTuningTest : public PlaceTest {
 protected:
  // 4x4 images of three kinds: bright above, bright below, dark; labels may be swapped about.
  static RowSet halves(std::size_t count, std::uint8_t shift = 0) {
    RowSet rows{{4, 4}, std::vector<float>(count * 16, 0.1f), {}};
    for (std::size_t i = 0; i < count; ++i) {
      rows.labels.push_back(static_cast<std::uint8_t>((i + shift) % 3));
      for (std::size_t p = 0; p < 16 && i % 3 != 2; ++p) {
        if ((p < 8) == (i % 3 == 0)) rows.values[i * 16 + p] = 0.6f + 0.1f * float(i % 4);
      }
    }
    return rows;
  }
  std::shared_ptr<Chain> network() const {
    return std::make_shared<Mlp>(models::MlpConfig{.sizes = {16, 8, 6, 3}}, 7, device());
  }
  static Bits bits(const Chain& network) {
    Bits all;
    for (const Tensor& parameter : network.parameters()) all.push_back(values_of(parameter));
    return all;
  }
  static FineTuning tuning() {
    return {.epochs = 12, .batch = 10, .optimizer = {.learning_rate = 1e-2}, .seed = 3};
  }
};

TEST_P(FineTuningTest, LearnsNewLabelsAndTheSameBitsForTheSameSeed) {
  const RowSet train = halves(60, 1), held_out = halves(30, 1);
  const auto run = [&] {
    const auto net = network();
    const auto before = models::score(*net, held_out, device());
    const auto tuned = fine_tune(*net, net->parameters(), train, held_out, tuning(), device());
    const auto after = models::score(*net, held_out, device());
    EXPECT_EQ(tuned.epochs, 12);
    EXPECT_LT(after.loss, 0.5 * before.loss);
    EXPECT_EQ(after.accuracy, 1);
    return bits(*net);
  };
  EXPECT_EQ(run(), run());
}

TEST_P(FineTuningTest, ScoreIsTheMeanCrossEntropy) {
  const auto net = network();
  const RowSet rows = halves(7);
  const Tensor x = Tensor::from_host(rows.values, {7, 16}, device());
  const Tensor labels = Tensor::from_host(
      std::vector<std::int32_t>(rows.labels.begin(), rows.labels.end()), {7}, device());
  EXPECT_NEAR(models::score(*net, rows, device()).loss,
              cross_entropy(net->forward(x), labels).item(), 1e-6);
}

TEST_P(FineTuningTest, FrozenParametersKeepTheirBits) {
  const auto net = network();
  const Bits before = bits(*net);
  const auto trained = models::freeze(*net, {"fc1.*", "*.bias"});
  EXPECT_EQ(trained.size(), 2u);
  fine_tune(*net, trained, halves(30, 1), halves(30, 1), tuning(), device());
  const Bits after = bits(*net);
  for (const std::size_t i : {0u, 1u, 3u, 5u}) EXPECT_EQ(after[i], before[i]) << i;
  for (const std::size_t i : {2u, 4u}) EXPECT_NE(after[i], before[i]) << i;
}

TEST_P(FineTuningTest, TheBestEpochsWeightsAreKeptAndPatienceStops) {
  const auto net = network();
  const RowSet train = halves(30, 1), held_out = halves(30);  // the better, the worse
  FineTuning patient = tuning();
  patient.patience = 2;
  std::vector<double> losses;
  patient.on_epoch = [&](std::int64_t, double, const models::ClassifierScore& validation) {
    losses.push_back(validation.loss);
  };
  const auto tuned = fine_tune(*net, net->parameters(), train, held_out, patient, device());
  EXPECT_EQ(tuned.epochs, tuned.best_epoch + 2);
  EXPECT_LT(tuned.epochs, 12);
  const double best = losses.at(static_cast<std::size_t>(tuned.best_epoch - 1));
  EXPECT_EQ(models::score(*net, held_out, device()).loss, best);
  EXPECT_EQ(*std::min_element(losses.begin(), losses.end()), best);
}

TEST_P(FineTuningTest, ANewHeadLeavesTheOtherLayers) {
  const auto net = network();
  const auto other = models::with_new_head(*net, 5, 1, device());
  EXPECT_EQ(other->outputs(), 5);
  const Bits from = bits(*net), to = bits(*other);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(to[i], from[i]);
  const Bits scratch = bits(*models::with_new_head(*net, 5, 1, device(), true));
  EXPECT_NE(scratch[0], from[0]);
}

// Before training an adapter does nothing, after it the merged network does the same.
TEST_P(FineTuningTest, AdaptersTrainMergeAndLeaveTheBase) {
  const auto net = network();
  const RowSet train = halves(60, 1);
  const Tensor x = Tensor::from_host(train.values, {60, 16}, device());
  const auto outputs = [&] { return values_of(net->forward(x)); };
  const Bits before = bits(*net);
  const std::vector<double> base_outputs = outputs();
  const auto trained = models::add_adapters(*net, {.rank = 2, .alpha = 4}, false, 1);
  EXPECT_EQ(trained.size(), 6u);
  EXPECT_TRUE(near(outputs(), base_outputs, 1e-6, 1e-6));
  FineTuning longer = tuning();
  longer.epochs = 60;
  const double loss = models::score(*net, train, device()).loss;
  fine_tune(*net, trained, train, train, longer, device());
  EXPECT_EQ(bits(*net), before);
  EXPECT_LT(models::score(*net, train, device()).loss, 0.5 * loss);
  const std::vector<double> adapted = outputs();
  models::merge_adapters(*net);
  EXPECT_TRUE(near(outputs(), adapted, 1e-5, 1e-5));
  EXPECT_FALSE(near(outputs(), base_outputs, 1e-2, 1e-2));
  const Bits after = bits(*net);
  for (const std::size_t i : {0u, 2u, 4u}) EXPECT_NE(after[i], before[i]) << i;
  for (const std::size_t i : {1u, 3u, 5u}) EXPECT_EQ(after[i], before[i]) << i;
}

// Eq. 3 by hand: W + (alpha / r) B A.
TEST_P(FineTuningTest, AMergedWeightIsTheFormulas) {
  nn::Linear layer(3, 2, {ActivationKind::tanh}, 1, device());
  const std::vector<double> w = values_of(layer.weight());
  const auto& adapter = layer.add_adapter({.rank = 2, .alpha = 6}, 1);
  const auto put = [&](const Tensor& t, const std::vector<float>& v) {
    t.copy_from(Tensor::from_host(v, t.shape(), device()));
  };
  put(adapter.a(), {1, 2, 3, 4, 5, 6});
  put(adapter.b(), {1, -1, 2, 0.5f});
  layer.merge_adapter();
  const std::vector<double> ba = {-3, -3, -3, 4, 6.5, 9};
  std::vector<double> expected;
  for (std::size_t i = 0; i < 6; ++i) expected.push_back(w[i] + 3 * ba[i]);
  EXPECT_TRUE(near(values_of(layer.weight()), expected, 1e-6, 1e-6));
}

TEST_P(FineTuningTest, ANewHeadIsTrainedBesideAdaptersOfAConvolutionalNetwork) {
  models::DcganConfig config;
  config.image_side = 4;
  config.hidden = {8};
  config.channels = {3};
  const Chain base(models::dcgan_discriminator(config), 1, device());
  const auto net = models::with_new_head(base, 3, 2, device());
  const Bits before = bits(*net);
  const auto trained = models::add_adapters(*net, {.rank = 1, .alpha = 1}, true, 1);
  EXPECT_EQ(trained.size(), 4u);  // A and B of fc1, the head's weight and bias
  fine_tune(*net, trained, halves(30), halves(30), tuning(), device());
  const Bits after = bits(*net);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(after[i], before[i]) << i;
  EXPECT_NE(after[4], before[4]);
}

// What torch.save's safetensors twin writes: names and tensors, no word of Kiln.
TEST_P(FineTuningTest, LoadsWhatPyTorchNames) {
  const TemporaryDirectory folder;
  const auto net = network();
  SafetensorsWriter writer;
  std::vector<std::vector<float>> values;
  values.reserve(6);
  for (const auto& [name, tensor] : net->named_parameters()) {
    values.push_back(tensor.to_host<float>());
    const Shape& shape = tensor.shape();
    writer.add_f32(name, std::vector<std::size_t>(shape.begin(), shape.end()), values.back());
  }
  writer.write(folder / "torch");
  const auto loaded = models::load_pretrained(folder / "torch", device());
  EXPECT_EQ(bits(*loaded.network), bits(*net));
  EXPECT_EQ(loaded.info.image_shape, (Shape{4, 4}));
  models::save_classifier(folder / "kiln", *net, {4, 4});
  EXPECT_EQ(bits(*models::load_pretrained(folder / "kiln", device()).network), bits(*net));

  const std::string path = (folder / "odd").string();
  const std::vector<float> one = {1};
  SafetensorsWriter odd;
  odd.add_f32("conv.weight", std::vector<std::size_t>{1}, one);
  odd.write(path);
  expect_error([&] { models::load_pretrained(path, device()); },
               path +
                   ": neither a model of Kiln nor one whose tensors are fc1.weight, fc1.bias, "
                   "fc2.weight, ... alone");
  SafetensorsWriter gap;
  const std::vector<float> two = {1, 2};
  gap.add_f32("fc1.weight", std::vector<std::size_t>{1, 1}, one);
  gap.add_f32("fc2.weight", std::vector<std::size_t>{1, 2}, two);
  gap.write(path);
  expect_error([&] { models::load_pretrained(path, device()); },
               path + ": tensor 'fc2.weight' does not take what the layer before it makes");
}

TEST_P(FineTuningTest, ReplayIsTheShareAskedFor) {
  const RowSet rows = halves(70), old = halves(100, 1);
  const RowSet mixed = models::with_replay(rows, old, 0.3, 1);
  EXPECT_EQ(mixed.count(), 100);
  EXPECT_EQ(mixed.values.size(), 1600u);
  EXPECT_TRUE(std::equal(rows.labels.begin(), rows.labels.end(), mixed.labels.begin()));
  EXPECT_EQ(models::with_replay(rows, old, 0.3, 1).values, mixed.values);
  EXPECT_EQ(models::with_replay(rows, old, 0, 1).count(), 70);
  EXPECT_EQ(models::with_replay(rows, old, 0.9, 1).count(), 170);  // all there are
  expect_error([&] { models::with_replay(rows, old, 1, 1); },
               "[replay] share 1.000000 is not in [0, 1)");
}

TEST_P(FineTuningTest, ADivergedTrainingIsAnError) {
  const auto net = network();
  FineTuning diverging = tuning();
  diverging.epochs = 1;
  diverging.batch = 60;
  diverging.optimizer.learning_rate = 1e38;
  expect_error(
      [&] { fine_tune(*net, net->parameters(), halves(60), halves(30), diverging, device()); },
      "[fine_tune] the parameters are not finite after epoch 1");
}

TEST_P(FineTuningTest, Errors) {
  const auto net = network();
  expect_error(
      [&] {
        models::freeze(*net, {"fc1.*", "conv*"});
      },
      "[freeze] 'conv*' matches no parameter of fc1.weight fc1.bias fc2.weight fc2.bias "
      "fc3.weight fc3.bias");
  expect_error([&] { models::freeze(*net, {"*"}); },
               "[freeze] every parameter is frozen: there is nothing to train");
  expect_error([&] { models::all_but_last(*net, 4); },
               "[freeze] the last 4 of 3 layers cannot be left to train");
  expect_error([&] { models::add_adapters(*net, {.rank = 4, .alpha = 1}, false, 1); },
               "[lora] rank 4 is not from 1 to 3, for a weight (3,6)");
  expect_error([&] { models::add_adapters(*net, {.rank = 1, .alpha = 0}, false, 1); },
               "[lora] alpha 0.000000 is not a number above 0");
  RowSet rows = halves(9);
  rows.labels[2] = 3;
  expect_error([&] { models::score(*net, rows, device()); },
               "[fine_tune] label 3 is not one of the network's 3 classes: it wants a new head");
  rows.row_shape = {8};
  expect_error([&] { models::score(*net, rows, device()); },
               "[fine_tune] rows (8) do not fit a network of 16 inputs");
}

KILN_ON_EVERY_FLOAT_PLACE(FineTuningTest);

}  // namespace
}  // namespace kiln::test
