// SPDX-License-Identifier: MIT
// A fully connected network with layers fc1, fc2, ...: its parameters carry PyTorch's names,
// "fc1.weight" (out, in) and "fc1.bias" (out).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/nn/linear.h"
#include "engine/nn/module.h"

namespace kiln::models {

struct MlpConfig {
  std::vector<std::int64_t> sizes;  // inputs, hidden layers, outputs
  Activation hidden_activation = {ActivationKind::relu};
  Activation output_activation = {};
  nn::Init hidden_init = nn::Init::fan_in_uniform;
  nn::Init output_init = nn::Init::fan_in_uniform;
};

class Mlp final : public nn::Module {
 public:
  // Errors: fewer than two sizes, or one below 1.
  Mlp(MlpConfig config, std::uint64_t seed, Device device);

  Tensor forward(const Tensor& x) override;
  // What every layer makes of x (batch, inputs), outside the graph; the last layer's output goes to
  // `y` (batch, outputs).
  std::vector<Tensor> layer_outputs(const Tensor& x, const Tensor& y) const;
  // The graph of forward(x) from outputs that layer_outputs() has computed: nothing is computed
  // again. With rows of x and the same rows of the outputs, the graph is of those rows alone.
  Tensor forward_of(const Tensor& x, const std::vector<Tensor>& outputs) const;

  const MlpConfig& config() const { return config_; }
  std::int64_t inputs() const { return config_.sizes.front(); }
  std::int64_t outputs() const { return config_.sizes.back(); }

 private:
  MlpConfig config_;
  std::vector<std::shared_ptr<nn::Linear>> layers_;
};

}  // namespace kiln::models
