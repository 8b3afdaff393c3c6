// SPDX-License-Identifier: MIT
// How a VAE-GAN is built and trained.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/optim/adam.h"
#include "models/mlp.h"

namespace kiln::models {

struct VaeGanRecipe {
  std::int64_t latent_size = 32;
  std::vector<std::int64_t> hidden = {512, 256};  // the encoder's; the decoder's, reversed
  // The discriminator's hidden layers up to the one whose outputs are compared, and behind it.
  std::vector<std::int64_t> feature_hidden = {512, 256};
  std::vector<std::int64_t> judge_hidden = {128};
  double gamma = 1;  // weight of the likeness against the GAN's loss, for the decoder
  optim::AdamConfig encoder_adam = {5e-4, 0.5, 0.999};
  optim::AdamConfig decoder_adam = {5e-4, 0.5, 0.999};
  optim::AdamConfig discriminator_adam = {5e-4, 0.5, 0.999};

  // Of the decoder; the others' keep their ratio to it. Errors: negative or not finite.
  void set_learning_rate(double learning_rate);

  MlpConfig encoder(std::int64_t image_size) const;   // image_size -> 2 latent_size
  MlpConfig decoder(std::int64_t image_size) const;   // latent_size -> image_size, in [0, 1]
  MlpConfig features(std::int64_t image_size) const;  // image_size -> feature_hidden
  MlpConfig judge() const;                            // feature_hidden -> 1
  // Both as one network.
  MlpConfig discriminator(std::int64_t image_size) const;
};

}  // namespace kiln::models
