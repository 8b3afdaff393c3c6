// SPDX-License-Identifier: MIT
// Images between two.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/network_file.h"

namespace kiln::models {

// Pixels (count, image_size), from the image of seed `from` to that of `to`: of latent vectors on
// the great circle between theirs (Shoemake 1985, slerp), whose lengths are typical all the way.
// Where the generator chooses categories, one fades into the other: on the circle one would follow
// the other at once. Errors: those of images_of().
std::vector<float> images_between(const LoadedNetwork& generator, std::uint64_t from,
                                  std::uint64_t to, std::int64_t count,
                                  std::optional<std::int64_t> label, Device device);

}  // namespace kiln::models
