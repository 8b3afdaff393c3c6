// SPDX-License-Identifier: MIT
// Inputs of kernel tests: sizes that break things, where arrays are misaligned, and numbers.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "tests/support/buffer.h"

namespace kiln::test {

inline constexpr std::int64_t kLargeSize = 1000003;

// Which of a call's arrays are misaligned, one bit an array.
struct Layout {
  unsigned misaligned = 0;
  Placement operator()(int array) const {
    return (misaligned >> array & 1u) != 0 ? Placement::misaligned : Placement::aligned;
  }
};

// Calls f(n, layout) over small sizes with all arrays aligned and all misaligned, and over one size
// with each array of up to four misaligned alone.
template <class F>
void for_each_size(F f) {
  constexpr unsigned kAll = ~0u;
  const auto run = [&](std::int64_t n, unsigned misaligned) {
    SCOPED_TRACE(::testing::Message() << "n " << n << ", misaligned arrays " << misaligned);
    f(n, Layout{misaligned});
  };
  for (const std::int64_t n : {0, 1, 31, 32, 33, 127, 1030}) {
    run(n, 0);
    run(n, kAll);
  }
  for (const unsigned one : {1u, 2u, 4u, 8u}) run(127, one);
}

// n numbers of [low, high), the same for the same seed.
template <class T>
std::vector<T> random_values(std::int64_t n, double low, double high, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& value : values) {
    value = static_cast<T>(low + (high - low) * static_cast<double>(generator()) / 4294967296.0);
  }
  return values;
}

// n integers of [-limit, limit].
template <class T>
std::vector<T> random_integers(std::int64_t n, int limit, std::uint32_t seed) {
  std::mt19937 generator(seed);
  const auto choices = static_cast<std::uint32_t>(2 * limit + 1);
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& value : values) value = static_cast<T>(static_cast<int>(generator() % choices) - limit);
  return values;
}

}  // namespace kiln::test
