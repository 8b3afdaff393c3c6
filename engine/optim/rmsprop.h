// SPDX-License-Identifier: MIT
// RMSprop. The formulas are in kernels/rmsprop.h. Further errors: an epsilon or momentum that is
// negative or not finite; an alpha outside [0, 1).
#pragma once

#include "engine/optim/optimizer.h"
#include "kernels/rmsprop.h"

namespace kiln::optim {

using kernels::RmspropConfig;

extern template class Optimizer<RmspropConfig>;
using Rmsprop = Optimizer<RmspropConfig>;

}  // namespace kiln::optim
