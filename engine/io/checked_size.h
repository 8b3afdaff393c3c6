// SPDX-License-Identifier: MIT
// Products of sizes that come from outside: a dimension that lies must not wrap around into a
// small, believable number.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>

namespace kiln {

inline std::optional<std::size_t> checked_product(std::span<const std::size_t> factors) {
  std::size_t product = 1;
  for (const std::size_t factor : factors) {
    if (factor != 0 && product > std::numeric_limits<std::size_t>::max() / factor) return {};
    product *= factor;
  }
  return product;
}

}  // namespace kiln
