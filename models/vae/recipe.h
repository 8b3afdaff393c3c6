// SPDX-License-Identifier: MIT
// How a VAE is built and trained: networks, likelihood and optimizer, by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/optim/adam.h"
#include "models/mlp.h"

namespace kiln::models {

// What the decoder's output says of a pixel.
//   bernoulli  the logit of its being white; a grey pixel counts as so much of a white one
//   gaussian   its mean, with a standard deviation that all pixels share
enum class Likelihood { bernoulli, gaussian };
// Errors: a name other than these two.
Likelihood likelihood_from_name(const std::string& name);

// basic  784-400-20 with ReLU, as in pytorch/examples
// deep   wider, with two hidden layers, Gaussian-initialised for ReLU, and a falling learning rate
// burda  two hidden layers of 200 with tanh and 50 latent numbers, on images binarised anew each
//        time: the one-layer VAE of Burda et al. (2016, section 5)
//
// Any of them becomes a conditional VAE (Sohn et al. 2015) with `classes` > 0: both nets are given
// the label as a one-hot vector behind their input.
struct VaeRecipe {
  std::string name;
  std::vector<std::int64_t> hidden = {400};  // the encoder's; the decoder's are the same, reversed
  std::int64_t latent_size = 20;
  Activation hidden_activation = {ActivationKind::relu};
  nn::Init hidden_init = nn::Init::fan_in_uniform;
  nn::Init output_init = nn::Init::fan_in_uniform;
  Likelihood likelihood = Likelihood::bernoulli;
  double sigma = 0.1;        // standard deviation of a pixel, for a Gaussian likelihood
  bool binarize = false;     // a pixel is white with the probability of its grey value
  std::int64_t classes = 0;  // of a conditional VAE
  // Draws of z an image. More than 1 minimises the importance-weighted bound on -log p(x)
  // (models/vae/bound.h) in place of -ELBO, and leaves no KL divergence to weigh.
  std::int64_t importance_samples = 1;
  double beta = 1;                   // weight of the KL divergence (Higgins et al. 2017)
  std::int64_t kl_warmup_steps = 0;  // the steps in which that weight rises from 0 to beta
  optim::AdamConfig adam = {1e-3, 0.9, 0.999};

  // Errors: a name other than the ones above.
  static VaeRecipe from_name(const std::string& name);

  // image_size + classes -> 2 latent_size, and latent_size + classes -> image_size.
  MlpConfig encoder(std::int64_t image_size) const;
  MlpConfig decoder(std::int64_t image_size) const;
};

}  // namespace kiln::models
