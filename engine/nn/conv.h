// SPDX-License-Identifier: MIT
// Convolution layers y = act(conv(x) + bias) with square kernels, with the activation fused.
#pragma once

#include <cstdint>

#include "engine/nn/fused_layer.h"
#include "engine/nn/init.h"
#include "engine/ops/conv.h"

namespace kiln::nn {

struct ConvConfig {
  std::int64_t in_channels = 1;
  std::int64_t out_channels = 1;
  std::int64_t kernel_size = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  Activation activation = {};
  bool bias = true;  // false where a normalisation follows
  Init init = Init::fan_in_uniform;
};

// Images (batch, in_channels, h, w) -> (batch, out_channels, ...), as PyTorch's Conv2d.
class Conv2d final : public FusedLayer {
 public:
  // weight (out_channels, in_channels, kernel, kernel) and bias (out_channels); equal seeds give
  // equal weights on every device.
  Conv2d(const ConvConfig& config, std::uint64_t seed, Device device);

  Tensor forward(const Tensor& x) override;
  void forward_into(const Tensor& x, const Tensor& y) const override;
  Tensor forward_of(const Tensor& x, const Tensor& y) const override;
  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }  // undefined without one

 private:
  ConvConfig config_;
  Tensor weight_;
  Tensor bias_;
};

// The same the other way: images become larger. As PyTorch's ConvTranspose2d, whose default
// initialisation counts the out_channels as inputs.
class ConvTranspose2d final : public FusedLayer {
 public:
  // weight (in_channels, out_channels, kernel, kernel) and bias (out_channels).
  ConvTranspose2d(const ConvConfig& config, std::uint64_t seed, Device device);

  Tensor forward(const Tensor& x) override;
  void forward_into(const Tensor& x, const Tensor& y) const override;
  Tensor forward_of(const Tensor& x, const Tensor& y) const override;
  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }  // undefined without one

 private:
  ConvConfig config_;
  Tensor weight_;
  Tensor bias_;
};

}  // namespace kiln::nn
