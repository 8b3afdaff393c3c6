// SPDX-License-Identifier: MIT
// The VAE of pytorch/examples (784-400-20, Bernoulli likelihood on logits, Adam 1e-3) in LibTorch,
// as a careful user would write it: fused linear and loss operators, gradients made afresh each
// step, Adam as one operator.
#pragma once

#include <torch/torch.h>

#include "gan.h"

namespace kiln::bench {

class Vae {
 public:
  explicit Vae(torch::Device device);

  struct Loss {
    torch::Tensor reconstruction, kl;  // means over the images
  };
  // One update on images (batch, 784) with noise (batch, 20).
  Loss train_step(const torch::Tensor& images, const torch::Tensor& noise);
  // With fresh noise; adds the loss to loss_sum, as Kiln's step does.
  void train_step(const torch::Tensor& images);

  static constexpr std::int64_t kLatent = 20;
  Mlp encoder;
  Mlp decoder;
  torch::Tensor loss_sum;  // ()

 private:
  std::vector<torch::Tensor> parameters_;
  Adam adam_;
};

// As golden_difference() of the GAN, over the 10 steps of tests/golden/vae.json.
double vae_golden_difference(torch::Device device);

}  // namespace kiln::bench
