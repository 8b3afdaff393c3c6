// SPDX-License-Identifier: MIT
#include "gan.h"

#include <ATen/autocast_mode.h>

#include <cmath>
#include <utility>

#ifndef KILN_TORCH_BEFORE_2_4
#include <ATen/ops/_fused_adam.h>
#endif

namespace kiln::bench {

using torch::Tensor;

Mlp::Mlp(std::vector<std::int64_t> layer_sizes, torch::Device device, Output kind)
    : output(kind), sizes(std::move(layer_sizes)) {
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const double bound = 1 / std::sqrt(static_cast<double>(sizes[i - 1]));
    for (const std::vector<std::int64_t>& shape :
         {std::vector{sizes[i], sizes[i - 1]}, std::vector{sizes[i]}}) {
      parameters.push_back(
          torch::empty(shape, device).uniform_(-bound, bound).set_requires_grad(true));
    }
  }
}

Tensor Mlp::operator()(Tensor x) const {
  for (std::size_t i = 0; i < parameters.size(); i += 2) {
    x = torch::linear(x, parameters[i], parameters[i + 1]);
    if (i + 2 < parameters.size()) x = torch::relu_(x);
  }
  return output == Output::sigmoid ? torch::sigmoid(x) : x;
}

void Mlp::freeze(bool frozen) const {
  for (const Tensor& parameter : parameters) parameter.set_requires_grad(!frozen);
}

#ifdef KILN_TORCH_BEFORE_2_4
Adam::Adam(std::vector<Tensor> parameters, double learning_rate)
    : parameters_(std::move(parameters)),
      optimizer_(parameters_, torch::optim::AdamOptions(learning_rate)) {}

void Adam::step(const std::vector<Tensor>& gradients) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    parameters_[i].mutable_grad() = gradients[i];
  }
  optimizer_.step();
}
#else
Adam::Adam(std::vector<Tensor> parameters, double learning_rate)
    : parameters_(std::move(parameters)), learning_rate_(learning_rate) {
  for (const Tensor& parameter : parameters_) {
    first_moments_.push_back(torch::zeros_like(parameter));
    second_moments_.push_back(torch::zeros_like(parameter));
    steps_.push_back(torch::zeros({}, parameter.options().requires_grad(false)));
  }
}

void Adam::step(const std::vector<Tensor>& gradients) {
  const torch::NoGradGuard no_grad;
  at::_foreach_add_(steps_, 1);
  at::_fused_adam_(parameters_, gradients, first_moments_, second_moments_, {}, steps_,
                   learning_rate_, 0.9, 0.999, 0, 1e-8, false, false);
}
#endif

namespace {

void set_bf16_products(bool enabled) {
#ifdef KILN_TORCH_BEFORE_2_4
  at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  at::autocast::set_cpu_enabled(enabled);
#else
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, enabled);
#endif
}

}  // namespace

Bf16Region::Bf16Region(bool wanted) : wanted_(wanted) {
  if (!wanted_) return;
  set_bf16_products(true);
  at::autocast::increment_nesting();
}

// The rounded weights that are kept are those of before an update.
Bf16Region::~Bf16Region() {
  if (!wanted_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  set_bf16_products(false);
}

Gan::Gan(torch::Device device, bool bf16)
    : generator({kLatent, 128, 256, 512, 784}, device),
      discriminator({784, 256, 128, 1}, device),
      loss_sums(torch::zeros({2}, device)),
      bf16_(bf16),
      generator_adam_(generator.parameters, 2e-4),
      discriminator_adam_(discriminator.parameters, 2e-4),
      one_(torch::ones({}, device)),
      two_(one_ * 2) {}

// The sum of the two means is twice the mean over both batches; the factor of the gradient goes in
// where the backward pass begins.
Tensor Gan::update_discriminator(const Tensor& real, const Tensor& noise) {
  make_targets(real.size(0));
  Tensor mean;
  {
    const Bf16Region region(bf16_);
    Tensor images;
    {
      const torch::NoGradGuard no_grad;
      images = torch::cat({real, generator(noise)});
    }
    mean = torch::binary_cross_entropy(discriminator(images), both_targets_);
  }
  discriminator_adam_.step(torch::autograd::grad({mean}, discriminator.parameters, {two_}));
  return mean.detach() * 2;
}

Tensor Gan::update_generator(const Tensor& noise) {
  make_targets(noise.size(0));
  discriminator.freeze(true);
  Tensor loss;
  {
    const Bf16Region region(bf16_);
    loss = torch::binary_cross_entropy(discriminator(generator(noise)), real_targets_);
  }
  generator_adam_.step(torch::autograd::grad({loss}, generator.parameters, {one_}));
  discriminator.freeze(false);
  return loss.detach();
}

Tensor Gan::sample(const Tensor& noise) const {
  const torch::InferenceMode inference;
  return generator(noise);
}

void Gan::make_targets(std::int64_t batch) {
  if (real_targets_.defined() && real_targets_.size(0) == batch) return;
  real_targets_ = torch::ones({batch, 1}, loss_sums.options());
  both_targets_ = torch::cat({real_targets_, torch::zeros_like(real_targets_)});
}

void Gan::train_step(const Tensor& real) {
  const auto noise = [&] { return torch::randn({real.size(0), kLatent}, real.options()); };
  const Tensor d_loss = update_discriminator(real, noise());
  const Tensor g_loss = update_generator(noise());
  loss_sums.add_(torch::stack({d_loss, g_loss}));
}

}  // namespace kiln::bench
