// SPDX-License-Identifier: MIT
// A convolutional generator and discriminator (after DCGAN, Radford et al. 2016) of square grey
// images, for noise and images in rows. They have no normalisation, and want an R1 penalty
// instead (docs/decisions/conv.md).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/nn/conv.h"
#include "engine/nn/linear.h"
#include "engine/nn/module.h"

namespace kiln::models {

// Each layer of convolution halves or doubles an image's side, by kernels of 4 x 4 with a stride of
// 2: side 28 with two layers begins or ends at 7.
struct DcganConfig {
  std::int64_t latent_size = 100;
  std::int64_t image_side = 28;
  std::vector<std::int64_t> generator_channels = {64, 32};
  std::vector<std::int64_t> discriminator_channels = {32, 64};
  float slope = 0.2f;  // of the discriminator's leaky ReLU
  nn::Init hidden_init = nn::Init::he_normal;
  nn::Init output_init = nn::Init::lecun_normal;
};

// noise (batch, latent_size) -> images (batch, image_side^2) in (0, 1). Parameters: "fc.weight" and
// "fc.bias", and of transposed convolutions "conv1", "conv2", ...
class DcganGenerator final : public nn::Module {
 public:
  // Errors: no or non-positive channels, or an image_side that cannot be halved so often.
  DcganGenerator(DcganConfig config, std::uint64_t seed, Device device);

  Tensor forward(const Tensor& noise) override;
  const DcganConfig& config() const { return config_; }

 private:
  DcganConfig config_;
  std::shared_ptr<nn::Linear> fc_;
  std::vector<std::shared_ptr<nn::ConvTranspose2d>> layers_;
};

// images (batch, image_side^2) -> logits (batch, 1). Parameters: of convolutions "conv1", "conv2",
// ..., "fc.weight" and "fc.bias".
class DcganDiscriminator final : public nn::Module {
 public:
  // Errors: as above.
  DcganDiscriminator(DcganConfig config, std::uint64_t seed, Device device);

  Tensor forward(const Tensor& images) override;
  const DcganConfig& config() const { return config_; }

 private:
  DcganConfig config_;
  std::vector<std::shared_ptr<nn::Conv2d>> layers_;
  std::shared_ptr<nn::Linear> fc_;
};

}  // namespace kiln::models
