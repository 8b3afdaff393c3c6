// SPDX-License-Identifier: MIT
#include "models/mlp.h"

#include <algorithm>

#include "engine/rng.h"

namespace kiln::models {

Mlp::Mlp(MlpConfig config, std::uint64_t seed, Device device) : config_(std::move(config)) {
  const auto& sizes = config_.sizes;
  if (sizes.size() < 2 || *std::min_element(sizes.begin(), sizes.end()) < 1) {
    throw Error("[mlp] layer sizes " + to_string(Shape(sizes)) +
                " are not two or more positive numbers");
  }
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const bool last = i + 1 == sizes.size();
    layers_.push_back(register_module(
        "fc" + std::to_string(i),
        std::make_shared<nn::Linear>(
            sizes[i - 1], sizes[i], last ? config_.output_activation : config_.hidden_activation,
            derive_seed(seed, i), device, last ? config_.output_init : config_.hidden_init)));
  }
}

Tensor Mlp::forward(const Tensor& x) {
  Tensor y = x;
  for (const auto& layer : layers_) y = layer->forward(y);
  return y;
}

std::vector<Tensor> Mlp::layer_outputs(const Tensor& x, const Tensor& y) const {
  std::vector<Tensor> outputs;
  Tensor input = x;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const bool last = i + 1 == layers_.size();
    outputs.push_back(
        last ? y : Tensor::empty({x.dim(0), config_.sizes[i + 1]}, x.device(), x.dtype()));
    layers_[i]->forward_into(input, outputs.back());
    input = outputs.back();
  }
  return outputs;
}

Tensor Mlp::forward_of(const Tensor& x, const std::vector<Tensor>& outputs) const {
  Tensor y = x;
  for (std::size_t i = 0; i < layers_.size(); ++i) y = layers_[i]->forward_of(y, outputs[i]);
  return y;
}

}  // namespace kiln::models
