// SPDX-License-Identifier: MIT
// A fully connected network with layers fc1, fc2, ...: its parameters carry PyTorch's names,
// "fc1.weight" (out, in) and "fc1.bias" (out).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/nn/linear.h"
#include "engine/nn/sequential.h"

namespace kiln::models {

struct MlpConfig {
  std::vector<std::int64_t> sizes;  // inputs, hidden layers, outputs
  Activation hidden_activation = {ActivationKind::relu};
  Activation output_activation = {};
  nn::Init hidden_init = nn::Init::fan_in_uniform;
  nn::Init output_init = nn::Init::fan_in_uniform;
};

class Mlp final : public nn::Sequential {
 public:
  // Errors: fewer than two sizes, or one below 1.
  Mlp(MlpConfig config, std::uint64_t seed, Device device);

  const MlpConfig& config() const { return config_; }
  std::int64_t inputs() const { return config_.sizes.front(); }
  std::int64_t outputs() const { return config_.sizes.back(); }

 private:
  MlpConfig config_;
};

}  // namespace kiln::models
