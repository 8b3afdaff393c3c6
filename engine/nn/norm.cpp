// SPDX-License-Identifier: MIT
#include "engine/nn/norm.h"

#include "engine/ops/layer_norm.h"

namespace kiln::nn {

BatchNorm::BatchNorm(std::int64_t channels, Device device, double epsilon, double momentum)
    : settings_{true, momentum, epsilon} {
  weight_ = register_parameter("weight", Tensor::full({channels}, 1, device));
  bias_ = register_parameter("bias", Tensor::zeros({channels}, device));
  running_mean_ = register_buffer("running_mean", Tensor::zeros({channels}, device));
  running_var_ = register_buffer("running_var", Tensor::full({channels}, 1, device));
}

Tensor BatchNorm::forward(const Tensor& x) {
  settings_.training = is_training();
  return batch_norm(x, weight_, bias_, running_mean_, running_var_, settings_);
}

LayerNorm::LayerNorm(std::int64_t features, Device device, double epsilon) : epsilon_(epsilon) {
  weight_ = register_parameter("weight", Tensor::full({features}, 1, device));
  bias_ = register_parameter("bias", Tensor::zeros({features}, device));
}

Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, weight_, bias_, epsilon_); }

}  // namespace kiln::nn
