// SPDX-License-Identifier: MIT
#include "models/dcgan/dcgan.h"

#include <algorithm>
#include <string>

#include "kernels/error.h"

namespace kiln::models {
namespace {

// The side of the images between the linear layers and the convolutions.
std::int64_t smallest_side(const DcganConfig& config) {
  const std::vector<std::int64_t>& channels = config.channels;
  if (channels.empty() || *std::min_element(channels.begin(), channels.end()) < 1) {
    throw Error("[dcgan] channels " + to_string(Shape(channels)) +
                " are not one or more positive numbers");
  }
  const std::int64_t factor = std::int64_t{1} << std::min<std::size_t>(channels.size(), 40);
  if (config.image_side < factor || config.image_side % factor != 0) {
    throw Error("[dcgan] an image of side " + std::to_string(config.image_side) +
                " cannot be halved " + std::to_string(channels.size()) + " times");
  }
  return config.image_side / factor;
}

LayerConfig linear(const DcganConfig& config, std::size_t number, Shape in, Shape out) {
  return {.name = "fc" + std::to_string(number),
          .in = std::move(in),
          .out = std::move(out),
          .activation = config.activation,
          .init = config.hidden_init};
}

LayerConfig convolution(const DcganConfig& config, std::size_t number, LayerKind kind, Shape in,
                        Shape out) {
  return {.name = "conv" + std::to_string(number),
          .kind = kind,
          .in = std::move(in),
          .out = std::move(out),
          .activation = config.activation,
          .init = config.hidden_init,
          .kernel_size = 4,
          .stride = 2,
          .padding = 1};
}

ChainConfig finished(const DcganConfig& config, ChainConfig layers) {
  layers.back().activation = config.output_activation;
  layers.back().init = config.output_init;
  check(layers);
  return layers;
}

}  // namespace

ChainConfig dcgan_generator(const DcganConfig& config) {
  const std::vector<std::int64_t>& channels = config.channels;
  std::int64_t side = smallest_side(config);
  ChainConfig layers;
  Shape in = {config.inputs};
  for (const std::int64_t size : config.hidden) {
    layers.push_back(linear(config, layers.size() + 1, in, {size}));
    in = {size};
  }
  layers.push_back(linear(config, layers.size() + 1, in, {channels[0], side, side}));
  for (std::size_t i = 0; i < channels.size(); ++i, side *= 2) {
    const std::int64_t made = i + 1 == channels.size() ? 1 : channels[i + 1];
    layers.push_back(convolution(config, i + 1, LayerKind::conv_transpose2d,
                                 {channels[i], side, side}, {made, 2 * side, 2 * side}));
  }
  return finished(config, std::move(layers));
}

ChainConfig dcgan_discriminator(const DcganConfig& config) {
  smallest_side(config);
  ChainConfig layers;
  Shape in = {1, config.image_side, config.image_side};
  for (std::size_t i = 0; i < config.channels.size(); ++i) {
    Shape out = {config.channels[i], in[1] / 2, in[2] / 2};
    layers.push_back(convolution(config, i + 1, LayerKind::conv2d, in, out));
    in = std::move(out);
  }
  std::size_t number = 0;
  for (const std::int64_t size : config.hidden) {
    layers.push_back(linear(config, ++number, in, {size}));
    in = {size};
  }
  layers.push_back(linear(config, ++number, in, {config.outputs}));
  return finished(config, std::move(layers));
}

}  // namespace kiln::models
