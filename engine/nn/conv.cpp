// SPDX-License-Identifier: MIT
#include "engine/nn/conv.h"

#include <algorithm>

#include "engine/rng.h"

namespace kiln::nn {
namespace {

ConvStep step_of(const ConvConfig& config) { return {config.stride, config.padding}; }

}  // namespace

Conv2d::Conv2d(const ConvConfig& config, std::uint64_t seed, Device device) : config_(config) {
  Rng rng(seed, Device::cpu());
  const std::int64_t k = config.kernel_size;
  const std::int64_t inputs = config.in_channels * k * k;
  weight_ = register_parameter(
      "weight", initial_values(config.init, {config.out_channels, config.in_channels, k, k}, inputs,
                               false, rng, device));
  if (!config.bias) return;
  bias_ = register_parameter(
      "bias", initial_values(config.init, {config.out_channels}, inputs, true, rng, device));
}

Tensor Conv2d::forward(const Tensor& x) {
  return conv2d(x, weight_, bias_, step_of(config_), config_.activation);
}

void Conv2d::forward_into(const Tensor& x, const Tensor& y) const {
  conv2d_into(x, weight_, bias_, step_of(config_), config_.activation, y);
}

Tensor Conv2d::forward_of(const Tensor& x, const Tensor& y) const {
  return conv2d_of(x, weight_, bias_, step_of(config_), config_.activation, y);
}

ConvTranspose2d::ConvTranspose2d(const ConvConfig& config, std::uint64_t seed, Device device)
    : config_(config) {
  Rng rng(seed, Device::cpu());
  const std::int64_t k = config.kernel_size;
  // A pixel of the output is the sum of in_channels k^2 / stride^2 terms, on average.
  const std::int64_t stride = std::max<std::int64_t>(config.stride, 1);
  const std::int64_t inputs =
      config.init == Init::fan_in_uniform
          ? config.out_channels * k * k
          : std::max<std::int64_t>(config.in_channels * k * k / (stride * stride), 1);
  weight_ = register_parameter(
      "weight", initial_values(config.init, {config.in_channels, config.out_channels, k, k}, inputs,
                               false, rng, device));
  if (!config.bias) return;
  bias_ = register_parameter(
      "bias", initial_values(config.init, {config.out_channels}, inputs, true, rng, device));
}

Tensor ConvTranspose2d::forward(const Tensor& x) {
  return conv_transpose2d(x, weight_, bias_, step_of(config_), config_.activation);
}

void ConvTranspose2d::forward_into(const Tensor& x, const Tensor& y) const {
  conv_transpose2d_into(x, weight_, bias_, step_of(config_), config_.activation, y);
}

Tensor ConvTranspose2d::forward_of(const Tensor& x, const Tensor& y) const {
  return conv_transpose2d_of(x, weight_, bias_, step_of(config_), config_.activation, y);
}

}  // namespace kiln::nn
