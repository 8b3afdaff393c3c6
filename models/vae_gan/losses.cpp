// SPDX-License-Identifier: MIT
#include "models/vae_gan/losses.h"

#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/loss.h"
#include "engine/ops/reduce.h"
#include "models/gan/gradient_penalty.h"

namespace kiln::models {
namespace {

Tensor slope_penalty(const VaeGanFunctions& nets, const Tensor& images, double r1) {
  const auto discriminator = [&](const Tensor& x) { return nets.judge(nets.features(x)); };
  return sum(square(slope_at(discriminator, images, images.dim(1))),
             r1 / 2 / static_cast<double>(images.dim(0)));
}

}  // namespace

VaeGanLosses vae_gan_losses(const VaeGanFunctions& nets, const Tensor& images, const Tensor& noise,
                            const Tensor& prior_draws, double r1) {
  const double scale = 1.0 / static_cast<double>(images.dim(0));
  const std::int64_t latent = noise.dim(1);
  const Tensor q = nets.encode(images);
  const Tensor log_variance = columns(q, latent, latent);
  const Tensor divergence = square(columns(q, 0, latent)) + exp(log_variance) - log_variance - 1;

  const Tensor of_image = nets.features(images);
  const Tensor of_reconstruction = nets.features(nets.decode(gaussian_sample(q, noise)));
  const Tensor of_draw = nets.features(nets.decode(prior_draws));
  return {sum(divergence, scale / 2),
          sum_loss(kernels::SquaredError{}, of_reconstruction, of_image, scale / 2),
          bce_with_logits(nets.judge(of_image), 1) +
              bce_with_logits(nets.judge(of_reconstruction), 0) +
              bce_with_logits(nets.judge(of_draw), 0),
          r1 == 0 ? Tensor() : slope_penalty(nets, images, r1)};
}

}  // namespace kiln::models
