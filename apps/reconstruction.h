// SPDX-License-Identifier: MIT
// Images of a file as a VAE's encoder and decoder give them again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "engine/device.h"
#include "engine/io/grey_image.h"

namespace kiln::apps {

struct ReconstructionOptions {
  std::filesystem::path images;       // as read_samples() takes it
  std::filesystem::path encoder;      // empty: encoder.safetensors in the decoder's folder
  std::filesystem::path labels;       // IDX, for a conditional model; else empty
  std::optional<std::int64_t> count;  // of images, from the first on; else all, up to 100
};

struct DrawnImages {
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<float> pixels;     // (count, height, width) in [0, 1]
  std::vector<float> originals;  // the same, where `pixels` are reconstructions
};

// Each image by the most likely latent vector that the encoder gives it. Errors name the file:
// those of load_network and of the readers; networks that are not a VAE's two; images of another
// size than the model's, or fewer than asked for; labels that a conditional model lacks, that
// another has no use for, or that do not belong to the images.
DrawnImages reconstruct(const std::filesystem::path& decoder, const ReconstructionOptions& options,
                        Device device);

// The images in a grid, or rows of originals with their reconstructions in the row below.
GreyImage picture_of(const DrawnImages& drawn);

}  // namespace kiln::apps
