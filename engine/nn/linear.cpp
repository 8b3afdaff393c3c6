// SPDX-License-Identifier: MIT
#include "engine/nn/linear.h"

#include "engine/rng.h"

namespace kiln::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, Activation activation,
               std::uint64_t seed, Device device, Init init)
    : activation_(activation) {
  Rng rng(seed, Device::cpu());
  weight_ = register_parameter(
      "weight", initial_values(init, {out_features, in_features}, in_features, false, rng, device));
  bias_ = register_parameter("bias",
                             initial_values(init, {out_features}, in_features, true, rng, device));
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight_, bias_, activation_); }

}  // namespace kiln::nn
