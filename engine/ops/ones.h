// SPDX-License-Identifier: MIT
// The gradient that a backward pass starts from. For a one-element output it is one constant for
// each device and dtype, made once and never written: it costs no kernel, and ops can know it by
// sight and leave out a multiplication.
#pragma once

#include "engine/tensor.h"

namespace kiln {

// Ones of x's shape, for reading only.
Tensor ones_like(const Tensor& x);

// Whether `grad` is that constant.
bool is_one(const Tensor& grad);

}  // namespace kiln
