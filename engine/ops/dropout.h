// SPDX-License-Identifier: MIT
// Dropout as in training: see kernels/dropout.h.
#pragma once

#include "engine/tensor.h"

namespace kiln {

class Rng;

// x with each element set to 0 with probability `rate`, the others divided by 1 - rate; each call
// draws from `rng`, on the device, so that a replayed step has a fresh mask. Differentiable to any
// order. Errors: a rate outside [0, 1]; a generator on another device.
Tensor dropout(const Tensor& x, double rate, Rng& rng);

}  // namespace kiln
