// SPDX-License-Identifier: MIT
// Images from a generator that load_network() has read.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/tensor.h"
#include "models/network_file.h"

namespace kiln::models {

struct DrawSettings {
  std::int64_t count = 100;
  std::uint64_t seed = 1;
  // Of a conditional generator; without one, image i is of class i / 10 modulo their number, which
  // in a picture ten images wide makes a row a class.
  std::optional<std::int64_t> label;
  // Latent numbers of a magnitude above this are drawn again (the truncation trick, Brock et al.
  // 2019); 0 keeps all.
  double truncation = 0;
};

// Pixels (count, image_size) in [0, 1]; image i depends on i, the seed, the label and the
// truncation alone. Errors: a model that is no generator; a label of a generator without classes,
// or one that it does not have; a truncation below 0.1 other than 0, or not finite; a pixel outside
// [0, 1].
std::vector<float> draw_images(const LoadedNetwork& generator, const DrawSettings& settings,
                               Device device);

// Class i / 10 modulo `classes` for i from `first` on.
std::vector<std::int32_t> labels_in_turn(std::int64_t classes, std::int64_t first,
                                         std::int64_t count);

// The class that each of those images is asked to be; empty where the generator has no classes.
std::vector<std::int32_t> drawn_labels(const LoadedNetwork& generator,
                                       const DrawSettings& settings);

// The images of given latent vectors (n, latent_size), as `label` says; or of what the layers
// before `first_layer` have made of them.
std::vector<float> images_of(const LoadedNetwork& generator, const Tensor& z,
                             std::optional<std::int64_t> label, std::size_t first_layer = 0);
// The same with a label for each; none of a generator without classes. Errors: those of
// draw_images; another number of labels.
std::vector<float> images_of(const LoadedNetwork& generator, const Tensor& z,
                             const std::vector<std::int32_t>& labels, std::size_t first_layer = 0);
std::int64_t latent_size(const LoadedNetwork& generator);

}  // namespace kiln::models
