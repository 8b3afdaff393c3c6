// SPDX-License-Identifier: MIT
// Latent vectors between two.
#pragma once

#include <cstdint>

#include "engine/tensor.h"
#include "models/network_file.h"

namespace kiln::models {

// (count, latent_size), from the latent vector of seed `from` to that of `to`, on the great circle
// between them (Shoemake 1985, slerp), so that lengths are typical all the way. Where the generator
// chooses categories, the shares of both in what it sees change evenly: on the circle the one would
// follow the other at once. Errors: those of a network that is no generator.
Tensor latent_path(const LoadedNetwork& generator, std::uint64_t from, std::uint64_t to,
                   std::int64_t count, Device device);

}  // namespace kiln::models
