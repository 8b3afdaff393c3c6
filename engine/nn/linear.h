// SPDX-License-Identifier: MIT
// Fully connected layer y = act(x weight^T + bias), with the activation fused.
#pragma once

#include <cstdint>

#include "engine/nn/fused_layer.h"
#include "engine/nn/init.h"
#include "engine/ops/linear.h"

namespace kiln::nn {

class Linear final : public FusedLayer {
 public:
  // weight (out_features, in_features) and bias (out_features); equal seeds give equal weights on
  // every device.
  Linear(std::int64_t in_features, std::int64_t out_features, Activation activation,
         std::uint64_t seed, Device device, Init init = Init::fan_in_uniform);

  Tensor forward(const Tensor& x) override;
  void forward_into(const Tensor& x, const Tensor& y) const override {
    linear_into(x, weight_, bias_, activation_, y);
  }
  Tensor forward_of(const Tensor& x, const Tensor& y) const override {
    return linear_of(x, weight_, bias_, activation_, y);
  }

  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }

 private:
  Activation activation_;
  Tensor weight_;
  Tensor bias_;
};

}  // namespace kiln::nn
