// SPDX-License-Identifier: MIT
// How a GAN is trained: networks, losses and optimizers, by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/optim/adam.h"
#include "models/chain.h"
#include "models/gan/gan_loss.h"

namespace kiln::models {

// seed    the textbook GAN (Goodfellow et al. 2014) with the non-saturating generator loss, on
//         probabilities: L_D = -mean log D(x) - mean log(1 - D(G(z))), L_G = -mean log D(G(z)).
//         It collapses to few digits; it is kept as the baseline.
// stable  the same game on logits with a wider and deeper discriminator, leaky ReLU, the R1 penalty
//         (Mescheder et al. 2018) r1/2 mean |grad_x D(x)|^2 at every fourth step (Karras et al.
//         2020), Adam without momentum, learning rates that rise from 0, and an exponential average
//         of the generator's weights for sampling; without labels also categories in the noise,
//         which keep digits apart. docs/decisions/stable_recipe.md says what was tried.
// lsgan, hinge  the same with another loss (models/gan/gan_loss.h), no categories, a hidden
//         layer less in the discriminator and rates that rise faster.
// wgan-gp  a critic with the gradient penalty of weight 10 (Gulrajani et al. 2017), two of its
//         updates for one of the generator; nets and average as in `hinge`.
//         docs/decisions/gan_choices.md says why not the paper's settings.
// dcgan   `stable`'s game with convolutions in both nets (models/dcgan) and a stronger penalty:
//         slower, with better digits. docs/decisions/conv.md says what was tried.
//
// Any but the last becomes a conditional GAN (Mirza & Osindero 2014) with `classes` > 0: both nets
// are given the label as a one-hot vector behind their input.
struct GanRecipe {
  std::string name;
  GanLoss loss = GanLoss::log_loss;
  Activation discriminator_activation = {ActivationKind::relu};
  double r1 = 0;                  // weight of the penalty; 0 leaves it out
  std::int64_t r1_interval = 1;   // steps between penalties; each weighs that many times as much
  double gradient_penalty = 0;    // weight of WGAN-GP's penalty, at every step; 0 leaves it out
  std::int64_t critic_steps = 1;  // steps, each of a batch and an update of the discriminator, for
                                  // one update of the generator
  std::int64_t classes = 0;       // of a conditional GAN
  // Of the generator's latent vectors, without labels: their first numbers choose a category
  // (engine/nn/categorical_latents.h), which the discriminator is to recognise (InfoGAN, Chen et
  // al. 2016). 0 leaves it out, and so do classes.
  std::int64_t categories = 0;
  double category_weight = 0;             // of that task in both losses
  optim::AdamConfig generator_adam = {};  // with an average_decay, its average makes the samples
  optim::AdamConfig discriminator_adam = {};
  nn::Init hidden_init = nn::Init::fan_in_uniform;
  nn::Init output_init = nn::Init::fan_in_uniform;
  std::int64_t latent_size = 100;
  std::vector<std::int64_t> generator_hidden = {128, 256, 512};
  std::vector<std::int64_t> discriminator_hidden = {256, 128};
  // With channels, the nets are convolutional, and the layers above their fully connected ones.
  std::vector<std::int64_t> generator_channels = {};
  std::vector<std::int64_t> discriminator_channels = {};

  // Errors: a name other than those above.
  static GanRecipe from_name(const std::string& name);

  // Of the generator; the discriminator's keeps its ratio to it. Errors: negative or not finite.
  void set_learning_rate(double learning_rate);
  std::int64_t latent_categories() const { return classes > 0 ? 0 : categories; }
  // latent_size + classes -> image_size, and image_size + classes -> 1 + latent_categories().
  // Errors: for convolutional nets, an image that is not square or cannot be halved, and classes.
  ChainConfig generator(std::int64_t image_size) const;
  ChainConfig discriminator(std::int64_t image_size) const;

 private:
  ChainConfig layers_from_latents(std::int64_t image_size) const;
};

}  // namespace kiln::models
