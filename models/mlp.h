// SPDX-License-Identifier: MIT
// A fully connected network with layers fc1, fc2, ...: its parameters carry PyTorch's names,
// "fc1.weight" (out, in) and "fc1.bias" (out).
#pragma once

#include <cstdint>
#include <vector>

#include "models/chain.h"

namespace kiln::models {

struct MlpConfig {
  std::vector<std::int64_t> sizes;  // inputs, hidden layers, outputs
  Activation hidden_activation = {ActivationKind::relu};
  Activation output_activation = {};
  nn::Init hidden_init = nn::Init::fan_in_uniform;
  nn::Init output_init = nn::Init::fan_in_uniform;
};

// Errors: fewer than two sizes, or one below 1.
ChainConfig layers_of(const MlpConfig& config);

class Mlp final : public Chain {
 public:
  Mlp(const MlpConfig& config, std::uint64_t seed, Device device)
      : Chain(layers_of(config), seed, device) {}
};

}  // namespace kiln::models
