// SPDX-License-Identifier: MIT
// Adam, and AdamW with decoupled_weight_decay. The formulas are in kernels/adam.h. Further errors:
// an epsilon that is negative or not finite; a beta outside [0, 1).
#pragma once

#include "engine/optim/optimizer.h"
#include "kernels/adam.h"

namespace kiln::optim {

using kernels::AdamConfig;

extern template class Optimizer<AdamConfig>;
using Adam = Optimizer<AdamConfig>;

}  // namespace kiln::optim
