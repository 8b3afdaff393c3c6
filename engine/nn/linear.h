// SPDX-License-Identifier: MIT
// Fully connected layer y = act(x weight^T + bias), with the activation fused.
#pragma once

#include <cstdint>

#include "engine/nn/init.h"
#include "engine/nn/module.h"
#include "engine/ops/linear.h"

namespace kiln::nn {

class Linear final : public Module {
 public:
  // weight (out_features, in_features) and bias (out_features); equal seeds give equal weights on
  // every device.
  Linear(std::int64_t in_features, std::int64_t out_features, Activation activation,
         std::uint64_t seed, Device device, Init init = Init::fan_in_uniform);

  Tensor forward(const Tensor& x) override;
  // The halves of forward(): see linear_into() and linear_of() in engine/ops/linear.h.
  void forward_into(const Tensor& x, const Tensor& y) const {
    linear_into(x, weight_, bias_, activation_, y);
  }
  Tensor forward_of(const Tensor& x, const Tensor& y) const {
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
