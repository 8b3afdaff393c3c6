// SPDX-License-Identifier: MIT
#include "kernels/vector.h"

#include <cmath>
#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class Vector : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  // Runs kernel(x, y, n) on random x and y and compares y with expected(x[i], y[i]).
  template <class Kernel, class Expected>
  static void check(std::int64_t n, Layout layout, Kernel kernel, Expected expected) {
    const auto x = random_values<Real>(n, -2, 2, 1), y = random_values<Real>(n, -2, 2, 2);
    std::vector<double> result;
    for (std::size_t i = 0; i < x.size(); ++i) {
      result.push_back(expected(static_cast<double>(x[i]), static_cast<double>(y[i])));
    }
    const Buffer<Backend> xs(x, layout(0)), ys(y, layout(1));
    kernel(xs.data(), ys.data(), n);
    EXPECT_TRUE(near(ys.values(), result, 4 * kEpsilon<Backend>, 8 * kEpsilon<Backend>));
    EXPECT_TRUE(same_bits(xs.values(), x));  // an input is left as it was
  }

  // The five operations with scalar a.
  static void check_all(std::int64_t n, Layout layout) {
    const Real a(0.375);
    const auto s = Backend::stream();
    check(
        n, layout, [&](auto, auto y, auto size) { kernels::fill(s, a, y, size); },
        [](double, double) { return 0.375; });
    check(
        n, layout, [&](auto x, auto y, auto size) { kernels::copy(s, x, y, size); },
        [](double x, double) { return x; });
    check(
        n, layout, [&](auto, auto y, auto size) { kernels::scale(s, a, y, size); },
        [](double, double y) { return 0.375 * y; });
    check(
        n, layout, [&](auto x, auto y, auto size) { kernels::axpy(s, a, x, y, size); },
        [](double x, double y) { return y + 0.375 * x; });
    check(
        n, layout, [&](auto x, auto y, auto size) { kernels::lerp(s, a, x, y, size); },
        [](double x, double y) { return y + 0.375 * (x - y); });
  }
};
TYPED_TEST_SUITE(Vector, Backends, BackendNames);

TYPED_TEST(Vector, AnySizeAndAlignment) {
  for_each_size([](std::int64_t n, Layout layout) { TestFixture::check_all(n, layout); });
}

TYPED_TEST(Vector, LargeArrays) { TestFixture::check_all(kLargeSize, {}); }

TYPED_TEST(Vector, LargeMisalignedArrays) {
  const auto s = TypeParam::stream();
  TestFixture::check(
      kLargeSize, Layout{2}, [&](auto x, auto y, auto n) { kernels::copy(s, x, y, n); },
      [](double x, double) { return x; });
}

TYPED_TEST(Vector, FillReplacesNan) {
  using Real = typename TypeParam::Real;
  const Buffer<TypeParam> y(std::vector<Real>(33, std::numeric_limits<Real>::quiet_NaN()));
  kernels::fill(TypeParam::stream(), Real(0), y.data(), y.size());
  EXPECT_EQ(y.values(), std::vector<Real>(33));
}

TYPED_TEST(Vector, ScaleByZeroKeepsNan) {
  using Real = typename TypeParam::Real;
  const Buffer<TypeParam> y(std::vector<Real>(33, std::numeric_limits<Real>::quiet_NaN()));
  kernels::scale(TypeParam::stream(), Real(0), y.data(), y.size());
  for (const Real value : y.values()) EXPECT_TRUE(std::isnan(value));
}

}  // namespace
}  // namespace kiln::test
