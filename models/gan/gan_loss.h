// SPDX-License-Identifier: MIT
// What the two players of a GAN minimise, for outputs D of the discriminator:
//   log_loss        -mean log D(x) - mean log(1 - D(G(z)));  -mean log D(G(z))
//                   on probabilities: Goodfellow et al. 2014, the generator's loss non-saturating
//   logits          the same on logits, D = sigmoid(output)
//   least_squares   mean (D(x) - 1)^2 / 2 + mean D(G(z))^2 / 2;  mean (D(G(z)) - 1)^2 / 2
//                   Mao et al. 2017 with a = 0, b = c = 1
//   hinge           mean max(0, 1 - D(x)) + mean max(0, 1 + D(G(z)));  -mean D(G(z))
//                   Lim & Ye 2017, Miyato et al. 2018
//   wasserstein     mean D(G(z)) - mean D(x);  -mean D(G(z))
//                   Arjovsky et al. 2017; D must be held near slope 1, as gradient_penalty.h does
#pragma once

#include "engine/tensor.h"

namespace kiln::models {

enum class GanLoss { log_loss, logits, least_squares, hinge, wasserstein };

// The discriminator's target for generated images; for real ones it is 1.
double target_of_generated(GanLoss loss);

// outputs (2 batch, columns): of real images, then of generated ones; targets of the same shape
// and, where not all outputs count alike, weights. Columns after the first are the discriminator's
// guesses, in logits, of the category that an image was made from, and their targets its one-hot
// vector. With c their weight both losses gain c mean sum_k log-loss(guess_k), a bound on the
// mutual information of categories and images (Chen et al. 2016, eq. 5, each number of the vector
// by itself).
Tensor discriminator_loss(GanLoss loss, const Tensor& outputs, const Tensor& targets,
                          const Tensor& weights = {});

// outputs (batch, columns): of generated images; targets of the same shape, 1 in the first column.
Tensor generator_loss(GanLoss loss, const Tensor& outputs, const Tensor& targets,
                      const Tensor& weights = {});

}  // namespace kiln::models
