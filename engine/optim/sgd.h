// SPDX-License-Identifier: MIT
// Stochastic gradient descent with momentum. The formulas are in kernels/sgd.h. Further errors: a
// momentum that is negative or not finite; nesterov without momentum.
#pragma once

#include "engine/optim/optimizer.h"
#include "kernels/sgd.h"

namespace kiln::optim {

using kernels::SgdConfig;

extern template class Optimizer<SgdConfig>;
using Sgd = Optimizer<SgdConfig>;

}  // namespace kiln::optim
