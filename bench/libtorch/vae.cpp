// SPDX-License-Identifier: MIT
#include "vae.h"

namespace kiln::bench {

using torch::Tensor;

namespace {

std::vector<Tensor> parameters_of(const Mlp& first, const Mlp& second) {
  std::vector<Tensor> all = first.parameters;
  all.insert(all.end(), second.parameters.begin(), second.parameters.end());
  return all;
}

}  // namespace

Vae::Vae(torch::Device device)
    : encoder({784, 400, 2 * kLatent}, device, Mlp::Output::identity),
      decoder({kLatent, 400, 784}, device, Mlp::Output::identity),
      loss_sum(torch::zeros({}, device)),
      parameters_(parameters_of(encoder, decoder)),
      adam_(parameters_, 1e-3) {}

Vae::Loss Vae::train_step(const Tensor& images, const Tensor& noise) {
  const double batch = static_cast<double>(images.size(0));
  const std::vector<Tensor> gaussian = encoder(images).chunk(2, 1);
  const Tensor& mean = gaussian[0];
  const Tensor& log_variance = gaussian[1];
  const Tensor z = torch::addcmul(mean, noise, torch::exp(0.5 * log_variance));
  const Tensor reconstruction =
      torch::binary_cross_entropy_with_logits(decoder(z), images, {}, {}, at::Reduction::Sum);
  const Tensor kl = -0.5 * torch::sum(1 + log_variance - mean.square() - log_variance.exp());
  const Tensor loss = (reconstruction + kl) / batch;
  adam_.step(torch::autograd::grad({loss}, parameters_));
  return {reconstruction.detach() / batch, kl.detach() / batch};
}

void Vae::train_step(const Tensor& images) {
  const Loss loss = train_step(images, torch::randn({images.size(0), kLatent}, images.options()));
  loss_sum.add_(loss.reconstruction + loss.kl);
}

}  // namespace kiln::bench
