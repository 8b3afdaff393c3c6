// SPDX-License-Identifier: MIT
#include "models/chain.h"

#include <algorithm>

#include "engine/nn/categorical_latents.h"
#include "engine/nn/conv.h"
#include "engine/ops/reduce.h"
#include "engine/rng.h"

namespace kiln::models {
namespace {

[[noreturn]] void fail(const LayerConfig& layer, const std::string& why) {
  throw Error("[chain] layer '" + layer.name + "' " + why);
}

void check_convolution(const LayerConfig& layer) {
  if (layer.in.size() != 3 || layer.out.size() != 3) {
    fail(layer, "makes " + to_string(layer.out) + " of " + to_string(layer.in) +
                    ", which are not both (channels, height, width)");
  }
  if (layer.kernel_size < 1 || layer.stride < 1 || layer.padding < 0) {
    fail(layer, "has no kernel, no stride or a negative padding");
  }
  const bool enlarges = layer.kind == LayerKind::conv_transpose2d;
  const Shape &small = enlarges ? layer.in : layer.out, &large = enlarges ? layer.out : layer.in;
  for (const std::size_t side : {1u, 2u}) {
    // Every size is below 2^31, so that the products fit.
    const std::int64_t covered = large[side] + 2 * layer.padding - layer.kernel_size;
    const bool fits = enlarges ? covered == (small[side] - 1) * layer.stride
                               : covered >= 0 && covered / layer.stride + 1 == small[side];
    if (!fits) {
      fail(layer, "does not make " + to_string(layer.out) + " of " + to_string(layer.in));
    }
  }
}

void check_sizes(const LayerConfig& layer) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 31;
  for (const Shape& shape : {layer.in, layer.out}) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
      if (size < 1 || size > kLimit / count) {
        fail(layer, "has the size " + to_string(shape) + ", which is not from 1 to 2^31");
      }
      count *= size;
    }
  }
  for (const std::int64_t size : {layer.kernel_size, layer.stride, layer.padding}) {
    if (size >= kLimit) fail(layer, "has a kernel, stride or padding of 2^31 or more");
  }
}

void check_categories(const LayerConfig& layer) {
  if (layer.in.size() != 1 || layer.out != layer.in || layer.categories < 2 ||
      layer.categories >= layer.in[0]) {
    fail(layer, "makes " + to_string(layer.out) + " with " + std::to_string(layer.categories) +
                    " categories of " + to_string(layer.in));
  }
  if (layer.activation.kind != ActivationKind::identity) fail(layer, "takes no activation");
}

std::shared_ptr<nn::FusedLayer> make(const LayerConfig& layer, std::uint64_t seed, Device device) {
  if (layer.kind == LayerKind::linear) {
    return std::make_shared<nn::Linear>(element_count(layer.in), element_count(layer.out),
                                        layer.activation, seed, device, layer.init);
  }
  if (layer.kind == LayerKind::categorical) {
    return std::make_shared<nn::CategoricalLatents>(layer.categories);
  }
  nn::ConvConfig config = {layer.in[0], layer.out[0], layer.kernel_size, layer.stride,
                           layer.padding};
  config.activation = layer.activation;
  config.init = layer.init;
  if (layer.kind == LayerKind::conv2d) return std::make_shared<nn::Conv2d>(config, seed, device);
  return std::make_shared<nn::ConvTranspose2d>(config, seed, device);
}

// A batch of rows of that shape, as the layer takes it: a matrix where it is no convolution.
Shape batch_shape(const LayerConfig& layer, const Shape& row, std::int64_t batch) {
  if (!layer.is_convolution()) return {batch, element_count(row)};
  return {batch, row[0], row[1], row[2]};
}

Tensor in_shape(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : reshape(x, shape);
}

}  // namespace

Shape LayerConfig::weight_shape() const {
  switch (kind) {
    case LayerKind::linear:
      return {element_count(out), element_count(in)};
    case LayerKind::conv2d:
      return {out[0], in[0], kernel_size, kernel_size};
    case LayerKind::conv_transpose2d:
    case LayerKind::categorical:
      break;
  }
  return {in[0], out[0], kernel_size, kernel_size};
}

Shape LayerConfig::bias_shape() const {
  return {kind == LayerKind::linear ? element_count(out) : out[0]};
}

void check(const ChainConfig& layers) {
  if (layers.empty()) throw Error("there are no layers");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerConfig& layer = layers[i];
    check_sizes(layer);
    for (std::size_t j = 0; j < i; ++j) {
      if (layers[j].name == layer.name)
        throw Error("[chain] two layers are named '" + layer.name + "'");
    }
    if (i > 0 && element_count(layer.in) != element_count(layers[i - 1].out)) {
      fail(layer, "takes " + to_string(layer.in) + ", but '" + layers[i - 1].name + "' makes " +
                      to_string(layers[i - 1].out));
    }
    if (layer.is_convolution()) check_convolution(layer);
    if (layer.kind != LayerKind::categorical) continue;
    check_categories(layer);
    if (i > 0 || layers.size() == 1) fail(layer, "chooses categories, but not before other layers");
  }
}

std::vector<std::int64_t> row_sizes(const ChainConfig& layers) {
  check(layers);
  std::vector<std::int64_t> sizes = {element_count(layers[0].in)};
  for (const LayerConfig& layer : layers) sizes.push_back(element_count(layer.out));
  return sizes;
}

Chain::Chain(ChainConfig layers, std::uint64_t seed, Device device) : layers_(std::move(layers)) {
  check(layers_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    modules_.push_back(
        register_module(layers_[i].name, make(layers_[i], derive_seed(seed, i + 1), device)));
  }
}

Tensor Chain::forward_from(std::size_t first, const Tensor& x) const {
  const std::int64_t width = element_count(layers_.at(first).in);
  if (x.rank() != 2 || x.dim(1) != width) {
    throw Error("[chain] input " + to_string(x.shape()) + " is not rows of " +
                std::to_string(width));
  }
  Tensor y = x;
  for (std::size_t i = first; i < modules_.size(); ++i) {
    y = modules_[i]->forward(in_shape(y, batch_shape(layers_[i], layers_[i].in, x.dim(0))));
  }
  return in_shape(y, {x.dim(0), outputs()});
}

nn::Linear* Chain::linear_layer(std::size_t i) const {
  return dynamic_cast<nn::Linear*>(modules_.at(i).get());
}

std::vector<Tensor> Chain::layer_outputs(const Tensor& x, const Tensor& y) const {
  const std::int64_t batch = x.dim(0);
  std::vector<Tensor> outputs;
  Tensor input = x;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    const LayerConfig& layer = layers_[i];
    const bool last = i + 1 == modules_.size();
    outputs.push_back(
        last ? y : Tensor::empty({batch, element_count(layer.out)}, x.device(), x.dtype()));
    modules_[i]->forward_into(input.slice(0, batch_shape(layer, layer.in, batch)),
                              outputs.back().slice(0, batch_shape(layer, layer.out, batch)));
    input = outputs.back();
  }
  return outputs;
}

Tensor Chain::forward_of(const Tensor& x, const std::vector<Tensor>& outputs) const {
  const std::int64_t batch = x.dim(0);
  Tensor y = x;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    const LayerConfig& layer = layers_[i];
    y = modules_[i]->forward_of(in_shape(y, batch_shape(layer, layer.in, batch)),
                                outputs[i].slice(0, batch_shape(layer, layer.out, batch)));
  }
  return in_shape(y, {batch, this->outputs()});
}

}  // namespace kiln::models
