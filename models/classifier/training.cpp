// SPDX-License-Identifier: MIT
#include "models/classifier/training.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/all_finite.h"
#include "engine/autograd/backward.h"
#include "engine/data/batch_stream.h"
#include "engine/ops/cross_entropy.h"
#include "engine/optim/adam.h"
#include "engine/rng.h"
#include "engine/train/captured_step.h"
#include "engine/train/learning_rate_schedule.h"
#include "models/dcgan/dcgan.h"
#include "models/mlp.h"

namespace kiln::models {
namespace {

enum ClassifierSeed : std::uint64_t { kWeightSeed, kBatchSeed, kAugmentationSeed };

ChainConfig mlp_layers(const MnistData& data, const std::vector<std::int64_t>& hidden,
                       std::int64_t classes) {
  MlpConfig config;
  config.sizes = {static_cast<std::int64_t>(data.images.height * data.images.width)};
  config.sizes.insert(config.sizes.end(), hidden.begin(), hidden.end());
  config.sizes.push_back(classes);
  config.hidden_init = nn::Init::he_normal;
  return layers_of(config);
}

ChainConfig conv_layers(const MnistData& data, const ClassifierTraining& training,
                        std::int64_t classes) {
  if (data.images.height != data.images.width) {
    throw Error("[train_classifier] convolutions want square images, these are " +
                std::to_string(data.images.width) + "x" + std::to_string(data.images.height));
  }
  ChainConfig layers =
      dcgan_discriminator({.image_side = static_cast<std::int64_t>(data.images.height),
                           .hidden = training.hidden,
                           .channels = training.channels});
  layers.back().out = {classes};
  return layers;
}

ChainConfig layers_for(const MnistData& data, const ClassifierTraining& training) {
  const std::int64_t classes = *std::max_element(data.labels.begin(), data.labels.end()) + 1;
  if (classes < 2) throw Error("[train_classifier] all images are of class 0");
  return training.arch == ClassifierArch::conv ? conv_layers(data, training, classes)
                                               : mlp_layers(data, training.hidden, classes);
}

}  // namespace

ClassifierArch classifier_arch_from_name(const std::string& name) {
  if (name == "mlp") return ClassifierArch::mlp;
  if (name == "conv") return ClassifierArch::conv;
  throw Error("architecture '" + name + "' is unknown: use mlp or conv");
}

std::shared_ptr<Chain> train_classifier(const MnistData& data, const ClassifierTraining& training,
                                        Device device) {
  const auto count = static_cast<std::int64_t>(data.images.count);
  if (count < training.batch) {
    throw Error("[train_classifier] " + std::to_string(count) + " images are no batch of " +
                std::to_string(training.batch));
  }
  auto network = std::make_shared<Chain>(layers_for(data, training),
                                         derive_seed(training.seed, kWeightSeed), device);
  optim::ParameterArena arena(network->parameters());
  optim::Adam adam(arena, {.learning_rate = training.learning_rate});

  const Tensor rows = Tensor::from_host(data.images.pixels, {count, network->inputs()}, device);
  BatchStream batches(rows, Tensor::from_host(data.labels, {count}, device), training.batch,
                      derive_seed(training.seed, kBatchSeed));
  const Tensor images = Tensor::empty({training.batch, network->inputs()}, device);
  const Tensor labels = Tensor::empty({training.batch}, device, DType::int32);
  const Tensor loss_sum = Tensor::zeros({}, device);
  CapturedStep step(device, [&] {
    batches.next_into(images, labels);
    const Tensor loss = cross_entropy(network->forward(images), labels);
    backward(loss);
    adam.step();
    loss_sum.add_from(loss);
  });

  const LearningRateSchedule cosine = {ScheduleKind::cosine};
  for (std::int64_t epoch = 0; epoch < training.epochs; ++epoch) {
    const std::uint64_t epoch_seed = derive_seed(derive_seed(training.seed, kAugmentationSeed),
                                                 static_cast<std::uint64_t>(epoch));
    rows.copy_from(Tensor::from_host(random_affine(data.images, training.augmentation, epoch_seed),
                                     rows.shape(), device));
    batches.start_epoch(epoch);
    adam.set_learning_rate(training.learning_rate * cosine.factor(epoch, training.epochs));
    loss_sum.fill(0);
    for (std::int64_t i = 0; i < batches.batches_per_epoch(); ++i) step.run();
    const double loss = loss_sum.item() / static_cast<double>(batches.batches_per_epoch());
    if (!std::isfinite(loss)) {
      throw Error("[train_classifier] the loss is " + std::to_string(loss) + " in epoch " +
                  std::to_string(epoch + 1));
    }
    if (!all_finite<float>(arena.values().to_host<float>())) {  // the loss is of the steps before
      throw Error("[train_classifier] the weights are not finite after epoch " +
                  std::to_string(epoch + 1));
    }
    if (training.on_epoch) training.on_epoch(epoch + 1, loss);
  }
  return network;
}

}  // namespace kiln::models
