// SPDX-License-Identifier: MIT
// How a VAE-GAN is built and trained. The paper has prior_weight 1 and r1 0, with convolutions and
// batch norm. Of these small networks the discriminator would soon tell all images apart, and there
// are too few features for their likeness to hold its own against the KL divergence.
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
  double gamma = 0.3;         // weight of the likeness against the GAN's loss, for the decoder
  double prior_weight = 0.3;  // weight of the KL divergence against the likeness, for the encoder
  double r1 = 0.1;            // weight of the discriminator's slope; 0 leaves it out
  optim::AdamConfig encoder_adam = {1e-3, 0.9, 0.999};
  optim::AdamConfig decoder_adam = {1e-3, 0.0, 0.99};
  optim::AdamConfig discriminator_adam = {1e-3, 0.0, 0.99};

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
