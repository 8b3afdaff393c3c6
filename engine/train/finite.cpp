// SPDX-License-Identifier: MIT
#include "engine/train/finite.h"

#include <cmath>

#include "kernels/error.h"

namespace kiln {

void require_finite(const std::string& what, double value, std::int64_t step) {
  if (std::isfinite(value)) return;
  throw Error(what + " is not finite at step " + std::to_string(step) +
              ": the training has diverged; try a smaller learning rate");
}

}  // namespace kiln
