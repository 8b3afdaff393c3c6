// SPDX-License-Identifier: MIT
// The losses of a VAE-GAN (Larsen et al. 2016, eq. 5 to 8), differentiable to any order. For
// an image x, z drawn from q(z | x), x~ decoded from z and xp from a draw of p(z):
//   prior     KL(q(z | x) || p(z))
//   likeness  -log N(F(x) | F(x~), 1) without its constant: |F(x) - F(x~)|^2 / 2, where F is what
//             the discriminator's middle layer makes of an image; F(x) is a constant in it
//   gan       -log D(x) - log(1 - D(x~)) - log(1 - D(xp)), for logits of D: what the discriminator
//             minimises, -L_GAN of the paper
//   penalty   r1/2 |slope of D's logit at x|^2 (Mescheder et al. 2018), which is not in the paper
// each a mean over the images.
#pragma once

#include <functional>

#include "engine/tensor.h"

namespace kiln::models {

struct VaeGanFunctions {
  using Function = std::function<Tensor(const Tensor&)>;
  Function encode;    // (n, image) -> (n, 2 latent): see engine/ops/gaussian.h
  Function decode;    // (n, latent) -> (n, image)
  Function features;  // (n, image) -> (n, features): the discriminator's first half
  Function judge;     // (n, features) -> (n, 1), logits: its second half
};

struct VaeGanLosses {
  Tensor prior;
  Tensor likeness;
  Tensor gan;
  Tensor penalty;  // undefined without r1
};

// images (n, image); noise and prior_draws (n, latent), standard normal. The penalty takes a graph,
// so it is not for a NoGradGuard.
VaeGanLosses vae_gan_losses(const VaeGanFunctions& nets, const Tensor& images, const Tensor& noise,
                            const Tensor& prior_draws, double r1);

}  // namespace kiln::models
