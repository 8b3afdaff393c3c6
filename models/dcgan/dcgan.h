// SPDX-License-Identifier: MIT
// A convolutional generator and discriminator of square grey images (after DCGAN, Radford et al.
// 2016, and the fully connected layers of InfoGAN, Chen et al. 2016, appendix C.1), for noise and
// images in rows. They have no normalisation, and want an R1 penalty instead
// (docs/decisions/conv.md).
#pragma once

#include <cstdint>
#include <vector>

#include "models/chain.h"

namespace kiln::models {

// Each layer of convolution halves or doubles an image's side, by kernels of 4 x 4 with a stride of
// 2: side 28 with two layers begins or ends at 7.
struct DcganConfig {
  std::int64_t inputs = 100;  // of the generator
  std::int64_t image_side = 28;
  std::vector<std::int64_t> hidden = {};  // fully connected layers: the generator's first ones, the
                                          // discriminator's last ones
  std::vector<std::int64_t> channels = {64, 32};  // of the images that a convolution takes, in the
                                                  // generator, or makes, in the discriminator
  Activation activation = {ActivationKind::relu};
  Activation output_activation = {};
  nn::Init hidden_init = nn::Init::he_normal;
  nn::Init output_init = nn::Init::lecun_normal;
  std::int64_t outputs = 1;  // of the discriminator
};

// noise (batch, inputs) -> images (batch, image_side^2). Layers "fc1", "fc2", ..., then transposed
// convolutions "conv1", "conv2", ... Errors: sizes that are not positive, an image_side that cannot
// be halved so often.
ChainConfig dcgan_generator(const DcganConfig& config);

// images (batch, image_side^2) -> logits (batch, outputs). Convolutions "conv1", "conv2", ..., then
// "fc1", "fc2", ... Errors: as above.
ChainConfig dcgan_discriminator(const DcganConfig& config);

}  // namespace kiln::models
