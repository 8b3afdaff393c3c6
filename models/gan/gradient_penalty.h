// SPDX-License-Identifier: MIT
// Penalties on the slope of a discriminator with respect to the image, by gradients of gradients.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/tensor.h"

namespace kiln::models {

using Discriminator = std::function<Tensor(const Tensor& images)>;

// d(sum of D(x))/dx (batch, pixels) with its graph: the slope at each row's first `pixels` columns.
// x (batch, width) becomes a leaf that requires gradients; labels behind the image take no part.
Tensor slope_at(const Discriminator& discriminator, Tensor x, std::int64_t pixels);

// weight * mean (|slope| - 1)^2 at x = real + (generated - real) mix[i], for mix (batch) of [0, 1]
// and lengths |slope| over each row: Gulrajani et al. 2017, equation 3.
Tensor gradient_penalty(const Discriminator& discriminator, const Tensor& real,
                        const Tensor& generated, const Tensor& mix, std::int64_t pixels,
                        double weight);

}  // namespace kiln::models
