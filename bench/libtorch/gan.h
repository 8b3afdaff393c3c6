// SPDX-License-Identifier: MIT
// The GAN of recipe `seed` (models/gan/recipe.h) in LibTorch, as a careful user would write it:
// - modules, F::linear, relu, sigmoid and binary_cross_entropy, which LibTorch fuses as far as it
// can;
// - real and generated images go through the discriminator as one batch;
// - no graph for the generator in the discriminator's update, and no weight gradients of the
//   discriminator in the generator's update (torch::autograd::grad on the generator alone);
// - gradients are made afresh each step, so nothing is zeroed;
// - Adam is PyTorch's fused=True where there is one (2.4 and later): one kernel a network on CUDA,
//   one loop on the CPU.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#if TORCH_VERSION_MAJOR < 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR < 4)
#define KILN_TORCH_BEFORE_2_4
#endif

namespace kiln::bench {

// Linear layers with ReLU between. sizes: of the input and of every layer.
struct Mlp {
  enum class Output { sigmoid, identity };
  Mlp(std::vector<std::int64_t> sizes, torch::Device device, Output output = Output::sigmoid);
  torch::Tensor operator()(torch::Tensor x) const;
  void freeze(bool frozen) const;

  Output output;
  std::vector<std::int64_t> sizes;
  std::vector<torch::Tensor> parameters;  // weight (out, in) and bias (out) of each layer
};

// torch.optim.Adam(fused=True), the quickest there is; LibTorch's C++ optimizer has no such
// setting, but the operator behind it is the same. Before 2.4 it knew no CPU, and this is that
// optimizer.
class Adam {
 public:
  Adam(std::vector<torch::Tensor> parameters, double learning_rate);
  void step(const std::vector<torch::Tensor>& gradients);

 private:
  std::vector<torch::Tensor> parameters_;
#ifdef KILN_TORCH_BEFORE_2_4
  torch::optim::Adam optimizer_;
#else
  double learning_rate_;
  std::vector<torch::Tensor> first_moments_, second_moments_, steps_;
#endif
};

// As Python's `with torch.autocast("cpu", torch.bfloat16)`, where wanted: products in bf16.
class Bf16Region {
 public:
  explicit Bf16Region(bool wanted);
  ~Bf16Region();
  Bf16Region(const Bf16Region&) = delete;
  Bf16Region& operator=(const Bf16Region&) = delete;

 private:
  bool wanted_;
};

class Gan {
 public:
  explicit Gan(torch::Device device, bool bf16 = false);

  // real: (batch, 784); noise: (batch, 100). They return the loss, on the device.
  torch::Tensor update_discriminator(const torch::Tensor& real, const torch::Tensor& noise);
  torch::Tensor update_generator(const torch::Tensor& noise);
  // Images (n, 784) for noise (n, 100).
  torch::Tensor sample(const torch::Tensor& noise) const;
  // Both, with fresh noise; adds the losses to loss_sums, as Kiln's step does.
  void train_step(const torch::Tensor& real);

  static constexpr std::int64_t kLatent = 100;
  Mlp generator;
  Mlp discriminator;
  torch::Tensor loss_sums;  // (2): discriminator, generator

 private:
  void make_targets(std::int64_t batch);

  bool bf16_;
  Adam generator_adam_;
  Adam discriminator_adam_;
  torch::Tensor one_, two_;  // gradients that a backward pass begins with
  torch::Tensor real_targets_, both_targets_;
};

// Runs 20 steps from the weights and noise of tests/golden/gan_seed.json, on MNIST. The largest
// difference of a loss from the file's, relative to it; NaN counts as infinite.
double golden_difference(torch::Device device, bool bf16 = false);

}  // namespace kiln::bench
