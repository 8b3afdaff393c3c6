// SPDX-License-Identifier: MIT
// Comparison of numbers and of arrays: a is near b where |a - b| <= atol + rtol |b|. NaN is near
// nothing, an infinity only itself, and arrays of different sizes are not near. A failure names the
// worst element.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <iomanip>
#include <iterator>
#include <type_traits>

namespace kiln::test {

inline bool is_within(double a, double b, double tolerance) {
  return a == b || (std::isfinite(b) && std::abs(a - b) <= tolerance);
}

// tolerance(i) is what element i may be off by.
template <class A, class B, class Tolerance>
::testing::AssertionResult near_each(const A& a, const B& b, Tolerance tolerance) {
  const std::size_t size = std::size(a);
  if (size != std::size(b)) {
    return ::testing::AssertionFailure() << "sizes differ: " << size << " and " << std::size(b);
  }
  std::size_t failures = 0, worst = 0;
  double worst_excess = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double ai = static_cast<double>(a[i]), bi = static_cast<double>(b[i]);
    if (is_within(ai, bi, tolerance(i))) continue;
    const double excess = std::abs(ai - bi) - tolerance(i);
    // NaN, once found, stays the worst.
    if (failures++ == 0 || !(excess <= worst_excess || std::isnan(worst_excess))) {
      worst = i;
      worst_excess = excess;
    }
  }
  if (failures == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << std::setprecision(17) << failures << " of " << size << " elements differ, worst ["
         << worst << "]: " << static_cast<double>(a[worst]) << " is not near "
         << static_cast<double>(b[worst]) << ", allowed " << tolerance(worst);
}

template <class A, class B>
::testing::AssertionResult near(const A& a, const B& b, double rtol, double atol) {
  if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    const A as[] = {a};
    const B bs[] = {b};
    return near(as, bs, rtol, atol);
  } else {
    return near_each(
        a, b, [&](std::size_t i) { return atol + rtol * std::abs(static_cast<double>(b[i])); });
  }
}

// Equal bit for bit: tells -0 from 0, and one NaN equals itself.
template <class A>
::testing::AssertionResult same_bits(const A& a, const A& b) {
  if (std::size(a) != std::size(b)) {
    return ::testing::AssertionFailure()
           << "sizes differ: " << std::size(a) << " and " << std::size(b);
  }
  for (std::size_t i = 0; i < std::size(a); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(a[i])) != 0) {
      return ::testing::AssertionFailure() << std::setprecision(17) << "[" << i << "]: " << a[i]
                                           << " has not the bits of " << b[i];
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace kiln::test
