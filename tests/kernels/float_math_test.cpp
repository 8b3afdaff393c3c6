// SPDX-License-Identifier: MIT
#include "kernels/float_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace kiln::test {
namespace {

// Against the C library in double over floats of every sign, exponent and mantissa, infinities, NaN
// and numbers below the normal ones among them: how far `function` is off at most, in units in the
// last place of the result, and whether it is NaN and infinite where it should be.
template <class Function, class Reference>
void expect_within(double units, Function function, Reference reference) {
  double worst = 0;
  float worst_at = 0;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 2039) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const float y = function(x);
    const double expected = reference(static_cast<double>(x));
    const auto rounded = static_cast<float>(expected);
    if (std::isnan(expected) || std::isinf(rounded)) {
      ASSERT_TRUE(std::isnan(expected) ? std::isnan(y) : y == rounded) << x << " gives " << y;
      continue;
    }
    ASSERT_FALSE(std::isnan(y)) << x;
    int exponent = 0;
    std::frexp(expected, &exponent);
    const double unit = std::ldexp(1.0, std::max(exponent - 24, -149));
    const double error = std::abs(static_cast<double>(y) - expected) / unit;
    if (error > worst) {
      worst = error;
      worst_at = x;
    }
  }
  EXPECT_LE(worst, units) << "at " << worst_at;
}

TEST(FloatMath, ExpIsWithinTwoUnitsInTheLastPlace) {
  expect_within(2, kernels::float_math::exp, [](double x) { return std::exp(x); });
}

TEST(FloatMath, LogIsWithinTwoUnitsInTheLastPlace) {
  expect_within(2, kernels::float_math::log, [](double x) { return std::log(x); });
}

TEST(FloatMath, Log1pIsWithinTwoUnitsInTheLastPlace) {
  expect_within(2, kernels::float_math::log1p, [](double x) { return std::log1p(x); });
}

TEST(FloatMath, TanhIsWithinTwoUnitsInTheLastPlace) {
  expect_within(2, kernels::float_math::tanh, [](double x) { return std::tanh(x); });
}

TEST(FloatMath, SinAndCosAreNearAsFarAsTwoPi) {
  constexpr double kUnit =
      0x1.4p-23;  // one unit in the last place of numbers near 1, and a quarter
  for (int i = -200000; i <= 200000; ++i) {
    const float x = static_cast<float>(i) * 3.1415926e-5f;
    const kernels::float_math::SinCos y = kernels::float_math::sin_cos(x);
    ASSERT_NEAR(y.sin, std::sin(static_cast<double>(x)), kUnit) << x;
    ASSERT_NEAR(y.cos, std::cos(static_cast<double>(x)), kUnit) << x;
  }
}

TEST(FloatMath, TheEndsAreExact) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(kernels::float_math::exp(-kInfinity), 0.0f);
  EXPECT_EQ(kernels::float_math::exp(kInfinity), kInfinity);
  EXPECT_EQ(kernels::float_math::exp(0.0f), 1.0f);
  EXPECT_EQ(kernels::float_math::log(0.0f), -kInfinity);
  EXPECT_EQ(kernels::float_math::log(1.0f), 0.0f);
  EXPECT_EQ(kernels::float_math::log1p(-1.0f), -kInfinity);
  EXPECT_EQ(kernels::float_math::log1p(kInfinity), kInfinity);
  EXPECT_EQ(kernels::float_math::tanh(kInfinity), 1.0f);
  EXPECT_EQ(kernels::float_math::tanh(-kInfinity), -1.0f);
}

}  // namespace
}  // namespace kiln::test
