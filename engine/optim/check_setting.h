// SPDX-License-Identifier: MIT
// Checks of optimizer settings, NaN included.
#pragma once

#include <cmath>
#include <string>

#include "kernels/error.h"

namespace kiln::optim {

inline void check_not_negative(const char* optimizer, const char* setting, double value) {
  if (!(value >= 0) || !std::isfinite(value)) {
    throw Error(std::string("[") + optimizer + "] " + setting + " " + std::to_string(value) +
                " is not a number of at least 0");
  }
}

inline void check_fraction(const char* optimizer, const char* setting, double value) {
  if (!(value >= 0 && value < 1)) {
    throw Error(std::string("[") + optimizer + "] " + setting + " " + std::to_string(value) +
                " is not in [0, 1)");
  }
}

}  // namespace kiln::optim
