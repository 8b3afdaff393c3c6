// SPDX-License-Identifier: MIT
// A feed-forward network: layers one after another, each a kernel with its bias and activation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/nn/fused_layer.h"
#include "engine/nn/init.h"
#include "engine/nn/linear.h"
#include "engine/shape.h"
#include "kernels/activation.h"

namespace kiln::models {

using kernels::Activation;
using kernels::ActivationKind;

enum class LayerKind { linear, conv2d, conv_transpose2d, categorical };

struct LayerConfig {
  std::string name;
  LayerKind kind = LayerKind::linear;
  Shape in, out;  // of one row: (features), or (channels, height, width)
  Activation activation = {};
  nn::Init init = nn::Init::fan_in_uniform;
  // Of a convolution.
  std::int64_t kernel_size = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  // Of a layer that turns its first numbers into one of so many categories
  // (engine/nn/categorical_latents.h).
  std::int64_t categories = 0;

  bool has_parameters() const { return kind != LayerKind::categorical; }
  bool is_convolution() const {
    return kind == LayerKind::conv2d || kind == LayerKind::conv_transpose2d;
  }
  // As PyTorch has them: (out, in), (out, in, k, k), or (in, out, k, k) of a transposed
  // convolution; of a layer that has them.
  Shape weight_shape() const;
  Shape bias_shape() const;
};

using ChainConfig = std::vector<LayerConfig>;

// Errors: no layers, sizes below 1, a layer that does not take what the one before it makes, a
// convolution whose output is not of the size stated, fewer than two categories or no other numbers
// beside them, categories other than of the first of several layers.
void check(const ChainConfig& layers);

// How many numbers a row has: of the input, and behind each layer.
std::vector<std::int64_t> row_sizes(const ChainConfig& layers);

// (batch, inputs) -> (batch, outputs). Parameters: "NAME.weight" and "NAME.bias" of each layer that
// has them.
class Chain : public nn::Module {
 public:
  // Errors: those of check(). Equal seeds give equal weights on every device.
  Chain(ChainConfig layers, std::uint64_t seed, Device device);

  Tensor forward(const Tensor& x) override { return forward_from(0, x); }
  // Of what the layers before layer `first` have made. Errors: rows that do not fit.
  Tensor forward_from(std::size_t first, const Tensor& x) const;
  // What every layer makes of x (batch, inputs), outside the graph, in rows; the last layer's
  // output goes to `y` (batch, outputs).
  std::vector<Tensor> layer_outputs(const Tensor& x, const Tensor& y) const;
  // The graph of forward(x) from outputs that layer_outputs() has computed: nothing is computed
  // again. With rows of x and the same rows of the outputs, the graph is of those rows alone.
  Tensor forward_of(const Tensor& x, const std::vector<Tensor>& outputs) const;

  const ChainConfig& layers() const { return layers_; }
  // Of layer i, where it is linear; null where it is a convolution.
  nn::Linear* linear_layer(std::size_t i) const;
  std::int64_t inputs() const { return element_count(layers_.front().in); }
  std::int64_t outputs() const { return element_count(layers_.back().out); }

 private:
  ChainConfig layers_;
  std::vector<std::shared_ptr<nn::FusedLayer>> modules_;
};

}  // namespace kiln::models
