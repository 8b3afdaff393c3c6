// SPDX-License-Identifier: MIT
// Normalisation layers with PyTorch's names, settings and starting values: weight 1, bias 0,
// running mean 0, running variance 1.
#pragma once

#include <cstdint>

#include "engine/nn/module.h"
#include "engine/ops/batch_norm.h"

namespace kiln::nn {

// Of (batch, channels) or (batch, channels, ...), a channel: by the batch's statistics in training,
// by the running ones otherwise.
class BatchNorm final : public Module {
 public:
  BatchNorm(std::int64_t channels, Device device, double epsilon = 1e-5, double momentum = 0.1);

  Tensor forward(const Tensor& x) override;

  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }
  const Tensor& running_mean() const { return running_mean_; }
  const Tensor& running_var() const { return running_var_; }

 private:
  BatchNormSettings settings_;
  Tensor weight_;
  Tensor bias_;
  Tensor running_mean_;
  Tensor running_var_;
};

// Of (rows, features), a row.
class LayerNorm final : public Module {
 public:
  LayerNorm(std::int64_t features, Device device, double epsilon = 1e-5);

  Tensor forward(const Tensor& x) override;

  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }

 private:
  double epsilon_;
  Tensor weight_;
  Tensor bias_;
};

}  // namespace kiln::nn
