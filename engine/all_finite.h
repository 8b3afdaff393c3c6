// SPDX-License-Identifier: MIT
// Whether numbers hold no NaN and no infinity.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace kiln {

template <class T>
bool all_finite(std::span<const T> values) {
  return std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); });
}

}  // namespace kiln
