// SPDX-License-Identifier: MIT
// Checks of optimizer settings, NaN included.
#pragma once

#include <cmath>
#include <string>

#include "engine/dispatch.h"
#include "engine/tensor.h"
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

// Where an average is kept, it is of the parameters' kind and shape.
inline void check_average(const char* optimizer, const Tensor& average, const Tensor& parameters) {
  if (!average.defined()) return;
  require_same_kind(optimizer, average, parameters);
  if (average.shape() != parameters.shape()) {
    throw Error(std::string("[") + optimizer + "] average " + to_string(average.shape()) +
                " does not match parameters " + to_string(parameters.shape()));
  }
}

}  // namespace kiln::optim
