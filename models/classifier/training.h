// SPDX-License-Identifier: MIT
// Training of a classifier: an Mlp with ReLU layers, softmax cross-entropy, Adam with a learning
// rate that falls along half a cosine, and images that are moved about anew every epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/data/mnist.h"
#include "engine/data/random_affine.h"
#include "models/mlp.h"

namespace kiln::models {

struct ClassifierTraining {
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
// a batch, one class alone, a loss that is not finite (with its epoch).
std::shared_ptr<Mlp> train_classifier(const MnistData& data, const ClassifierTraining& training,
                                      Device device);

}  // namespace kiln::models
