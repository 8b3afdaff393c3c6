// SPDX-License-Identifier: MIT
// A number for each channel of images, differentiable to any order.
#pragma once

#include "engine/tensor.h"

namespace kiln {

// (batch, channels, ...) -> (channels): the sums over all else.
Tensor channel_sum(const Tensor& x);
// (channels) -> `shape` (batch, channels, ...): the same number all over a channel.
Tensor broadcast_channels(const Tensor& v, const Shape& shape);

}  // namespace kiln
