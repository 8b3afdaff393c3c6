// SPDX-License-Identifier: MIT
// Augmentation of images by small random movements: each is turned about its centre, scaled and
// shifted, with bilinear interpolation between pixels and 0 outside. Image i moves as the seed and
// i say, whatever the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/io/idx.h"

namespace kiln {

// Each is drawn evenly from [-value, value].
struct RandomAffine {
  double shift = 2;    // pixels, along each axis
  double degrees = 0;  // of rotation
  double scale = 0;    // the size changes by a factor of 1 + scale; below 1
};

// The moved images' pixels (count, height, width). Errors: a value that is negative or not finite,
// a scale of 1 or more, pixels that do not match the sizes.
std::vector<std::uint8_t> random_affine(const IdxImages& images, const RandomAffine& options,
                                        std::uint64_t seed);

}  // namespace kiln
