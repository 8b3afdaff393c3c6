// SPDX-License-Identifier: MIT
#include "engine/nn/dropout.h"

#include "engine/ops/dropout.h"

namespace kiln::nn {

Tensor Dropout::forward(const Tensor& x) { return is_training() ? dropout(x, rate_, rng_) : x; }

}  // namespace kiln::nn
