// SPDX-License-Identifier: MIT
// How a GAN is trained: networks, losses and optimizers, by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/optim/adam.h"
#include "models/mlp.h"

namespace kiln::models {

// seed    the textbook GAN (Goodfellow et al. 2014) with the non-saturating generator loss, on
//         probabilities: L_D = -mean log D(x) - mean log(1 - D(G(z))), L_G = -mean log D(G(z)).
//         It collapses to few digits; it is kept as the baseline.
// stable  the same game on logits with a wider discriminator and leaky ReLU, the R1 penalty
//         (Mescheder et al. 2018) r1/2 mean |grad_x D(x)|^2 at every fourth step (Karras et al.
//         2020), Adam without momentum, learning rates that rise from 0, and an exponential average
//         of the generator's weights for sampling. docs/decisions/stable_recipe.md says what was
//         tried.
struct GanRecipe {
  std::string name;
  bool from_logits = false;  // the discriminator's last layer is linear
  Activation discriminator_activation = {ActivationKind::relu};
  double r1 = 0;                 // weight of the penalty; 0 leaves it out
  std::int64_t r1_interval = 1;  // steps between penalties; each weighs that many times as much
  optim::AdamConfig generator_adam = {};  // with an average_decay, its average makes the samples
  optim::AdamConfig discriminator_adam = {};
  nn::Init hidden_init = nn::Init::fan_in_uniform;
  nn::Init output_init = nn::Init::fan_in_uniform;
  std::int64_t latent_size = 100;
  std::vector<std::int64_t> generator_hidden = {128, 256, 512};
  std::vector<std::int64_t> discriminator_hidden = {256, 128};

  // Errors: a name other than "seed" and "stable".
  static GanRecipe from_name(const std::string& name);

  // Of the generator; the discriminator's keeps its ratio to it. Errors: negative or not finite.
  void set_learning_rate(double learning_rate);
  MlpConfig generator(std::int64_t image_size) const;
  MlpConfig discriminator(std::int64_t image_size) const;
};

}  // namespace kiln::models
