// SPDX-License-Identifier: MIT
#include "models/dcgan/dcgan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/ops/reduce.h"
#include "engine/rng.h"

namespace kiln::models {
namespace {

constexpr std::int64_t kKernel = 4, kStride = 2, kPadding = 1;

// The side of the images between the linear layer and `channels`.size() convolutions.
std::int64_t smallest_side(const DcganConfig& config, const std::vector<std::int64_t>& channels) {
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

std::string conv_name(std::size_t i) { return "conv" + std::to_string(i + 1); }

}  // namespace

DcganGenerator::DcganGenerator(DcganConfig config, std::uint64_t seed, Device device)
    : config_(std::move(config)) {
  const std::vector<std::int64_t>& channels = config_.generator_channels;
  const std::int64_t side = smallest_side(config_, channels);
  const Activation relu = {ActivationKind::relu};
  fc_ = register_module(
      "fc", std::make_shared<nn::Linear>(config_.latent_size, channels[0] * side * side, relu,
                                         derive_seed(seed, 0), device, config_.hidden_init));
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const bool last = i + 1 == channels.size();
    nn::ConvConfig layer = {channels[i], last ? 1 : channels[i + 1], kKernel, kStride, kPadding};
    layer.activation = last ? Activation{ActivationKind::sigmoid} : relu;
    layer.init = last ? config_.output_init : config_.hidden_init;
    layers_.push_back(register_module(conv_name(i), std::make_shared<nn::ConvTranspose2d>(
                                                        layer, derive_seed(seed, i + 1), device)));
  }
}

Tensor DcganGenerator::forward(const Tensor& noise) {
  const std::vector<std::int64_t>& channels = config_.generator_channels;
  const std::int64_t side = smallest_side(config_, channels);
  Tensor y = reshape((*fc_)(noise), {noise.dim(0), channels[0], side, side});
  for (const auto& layer : layers_) y = (*layer)(y);
  return reshape(y, {noise.dim(0), config_.image_side * config_.image_side});
}

DcganDiscriminator::DcganDiscriminator(DcganConfig config, std::uint64_t seed, Device device)
    : config_(std::move(config)) {
  const std::vector<std::int64_t>& channels = config_.discriminator_channels;
  const std::int64_t side = smallest_side(config_, channels);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    nn::ConvConfig layer = {i == 0 ? 1 : channels[i - 1], channels[i], kKernel, kStride, kPadding};
    layer.activation = {ActivationKind::leaky_relu, config_.slope};
    layer.init = config_.hidden_init;
    layers_.push_back(register_module(
        conv_name(i), std::make_shared<nn::Conv2d>(layer, derive_seed(seed, i + 1), device)));
  }
  fc_ = register_module(
      "fc", std::make_shared<nn::Linear>(channels.back() * side * side, 1, Activation{},
                                         derive_seed(seed, 0), device, config_.output_init));
}

Tensor DcganDiscriminator::forward(const Tensor& images) {
  const std::int64_t side = config_.image_side;
  if (images.rank() != 2 || images.dim(1) != side * side) {
    throw Error("[dcgan] images " + to_string(images.shape()) + " are not rows of " +
                std::to_string(side) + " x " + std::to_string(side) + " pixels");
  }
  Tensor y = reshape(images, {images.dim(0), 1, side, side});
  for (const auto& layer : layers_) y = (*layer)(y);
  return (*fc_)(reshape(y, {y.dim(0), y.dim(1) * y.dim(2) * y.dim(3)}));
}

}  // namespace kiln::models
