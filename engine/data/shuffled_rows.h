// SPDX-License-Identifier: MIT
// The numbers of a data set's rows in an order that follows from a seed alone.
#pragma once

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/rng.h"

namespace kiln {

// 0 to count - 1, shuffled (Fisher and Yates). The high half of a 32x32-bit product maps a random
// word to [0, i + 1); its bias is below 2^-32 times the number of rows.
template <class T>
std::vector<T> shuffled_rows(std::int64_t count, std::uint64_t seed) {
  std::vector<T> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), T(0));
  for (std::uint64_t i = rows.size(); i-- > 1;) {
    const std::uint64_t word = derive_seed(seed, i) >> 32;
    std::swap(rows[i], rows[(word * (i + 1)) >> 32]);
  }
  return rows;
}

}  // namespace kiln
