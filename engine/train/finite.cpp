// SPDX-License-Identifier: MIT
#include "engine/train/finite.h"

#include <cmath>

#include "engine/autograd/anomaly.h"

namespace kiln {

void throw_not_finite(const std::string& what, std::int64_t step) {
  throw NotFiniteError(what + " is not finite at step " + std::to_string(step) +
                       ": the training has diverged; try a smaller learning rate");
}

void require_finite(const std::string& what, double value, std::int64_t step) {
  if (!std::isfinite(value)) throw_not_finite(what, step);
}

}  // namespace kiln
