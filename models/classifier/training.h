// SPDX-License-Identifier: MIT
// Training of a classifier: an Mlp or a convolutional network with ReLU layers, softmax
// cross-entropy, Adam with a learning rate that falls along half a cosine, and images that are
// moved about anew every epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/mnist.h"
#include "engine/data/random_affine.h"
#include "models/chain.h"

namespace kiln::models {

enum class ClassifierArch {
  mlp,   // the hidden layers
  conv,  // convolutions of 4 x 4 that halve the image (models/dcgan), then the hidden layers
};

// Errors: another word.
ClassifierArch classifier_arch_from_name(const std::string& name);

struct ClassifierTraining {
  ClassifierArch arch = ClassifierArch::mlp;
  std::vector<std::int64_t> channels = {32, 64};  // of conv
  std::vector<std::int64_t> hidden = {256, 64};
  std::int64_t epochs = 60;
  std::int64_t batch = 128;
  double learning_rate = 2e-3;  // of the first epoch
  RandomAffine augmentation = {};
  std::uint64_t seed = 1;
  // After each epoch, with its number from 1 on and its mean loss.
  std::function<void(std::int64_t epoch, double loss)> on_epoch = {};
};

// Equal seeds give equal weights. Classes are 0 up to the largest label. Errors: fewer images than
// a batch, one class alone, images that conv cannot halve, a loss that is not finite (with its
// epoch).
std::shared_ptr<Chain> train_classifier(const MnistData& data, const ClassifierTraining& training,
                                        Device device);

}  // namespace kiln::models
