// SPDX-License-Identifier: MIT
#include "engine/nn/linear.h"

#include <type_traits>

#include "engine/autograd/grad_mode.h"
#include "engine/ops/arithmetic.h"
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

Tensor Linear::output(const Tensor& x) const {
  if (!adapter_) return linear(x, weight_, bias_, activation_);
  Tensor z = linear(x, weight_, bias_) + adapter_->forward(x);
  return kernels::with_activation(activation_, [&](auto op) {
    if constexpr (std::is_same_v<decltype(op), kernels::Identity>) {
      return z;
    } else {
      return pointwise(op, z);
    }
  });
}

void Linear::forward_into(const Tensor& x, const Tensor& y) const {
  if (!adapter_) {
    linear_into(x, weight_, bias_, activation_, y);
    return;
  }
  const NoGradGuard no_grad;
  y.copy_from(output(x));
}

const LowRankAdapter& Linear::add_adapter(const LowRankConfig& config, std::uint64_t seed) {
  adapter_.emplace(config, weight_, seed);
  weight_.set_requires_grad(false);
  bias_.set_requires_grad(false);
  return *adapter_;
}

void Linear::merge_adapter() {
  if (adapter_) weight_.add_from(adapter_->product());
  adapter_.reset();
}

}  // namespace kiln::nn
