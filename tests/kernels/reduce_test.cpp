// SPDX-License-Identifier: MIT
#include "kernels/reduce.h"

#include <cmath>
#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class Reduce : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  static Real sum(const std::vector<Real>& x, Real scale, Layout layout = {}) {
    const Buffer<Backend> xs(x, layout(0)), out(1, layout(1)),
        workspace(kernels::kSumWorkspace, layout(2));
    kernels::sum(Backend::stream(), xs.data(), xs.size(), scale, out.data(), workspace.data());
    return out.values()[0];
  }
};
TYPED_TEST_SUITE(Reduce, Backends, BackendNames);

TYPED_TEST(Reduce, SumOfIntegersIsExact) {
  using Real = typename TypeParam::Real;
  const auto check = [](std::int64_t n, Layout layout) {
    const auto x = random_integers<Real>(n, 16, 1);
    double expected = 0;
    for (const Real xi : x) expected += static_cast<double>(xi);
    EXPECT_EQ(TestFixture::sum(x, Real(1), layout), static_cast<Real>(expected));
    EXPECT_EQ(TestFixture::sum(x, Real(0.25), layout), static_cast<Real>(expected / 4));
  };
  for_each_size(check);
  // Around the sizes at which a sum is split among blocks or threads.
  for (const std::int64_t n : {8191, 8192, 8193, 16385, 65539}) {
    SCOPED_TRACE(n);
    check(n, {});
  }
}

TYPED_TEST(Reduce, SumOfManyReals) {
  using Real = typename TypeParam::Real;
  const auto x = random_values<Real>(kLargeSize, 0, 1, 1);
  double expected = 0;
  for (const Real xi : x) expected += static_cast<double>(xi);
  const Real sum = TestFixture::sum(x, Real(1));
  EXPECT_TRUE(near(sum, expected, 64 * kEpsilon<TypeParam>, 0));
  EXPECT_EQ(TestFixture::sum(x, Real(1)), sum);  // the same bits
}

TYPED_TEST(Reduce, SumOfNothingIsZeroWhateverTheScale) {
  using Real = typename TypeParam::Real;
  EXPECT_EQ(TestFixture::sum({}, Real(1)), 0);
  EXPECT_EQ(TestFixture::sum({}, std::numeric_limits<Real>::infinity()), 0);
}

TYPED_TEST(Reduce, NanReachesTheSum) {
  using Real = typename TypeParam::Real;
  for (const std::size_t n : {1u, 33u, 20011u}) {
    std::vector<Real> x(n, Real(1));
    x.back() = std::numeric_limits<Real>::quiet_NaN();
    EXPECT_TRUE(std::isnan(TestFixture::sum(x, Real(1)))) << n;
  }
}

struct Shape {
  std::int64_t rows;
  std::int64_t cols;
};
constexpr Shape kShapes[] = {{0, 5},  {5, 0},   {1, 1},    {1, 33},   {33, 1},   {31, 7},
                             {32, 2}, {64, 32}, {127, 31}, {64, 784}, {257, 65}, {1030, 3}};

template <class F>
void for_each_shape(F f) {
  for (const Shape shape : kShapes) {
    for (const unsigned misaligned : {0u, 1u, 2u, ~0u}) {
      for (const bool accumulate : {false, true}) {
        SCOPED_TRACE(::testing::Message() << shape.rows << " x " << shape.cols << ", misaligned "
                                          << misaligned << ", accumulate " << accumulate);
        f(shape, Layout{misaligned}, accumulate);
      }
    }
  }
}

// What an output holds before: numbers to add to, or NaN that must go.
template <class Real>
std::vector<Real> before(std::int64_t n, bool accumulate) {
  if (accumulate) return random_integers<Real>(n, 16, 2);
  return std::vector<Real>(static_cast<std::size_t>(n), std::numeric_limits<Real>::quiet_NaN());
}

TYPED_TEST(Reduce, ColumnSumOfIntegersIsExact) {
  using Real = typename TypeParam::Real;
  for_each_shape([](Shape shape, Layout layout, bool accumulate) {
    const auto x = random_integers<Real>(shape.rows * shape.cols, 16, 1);
    const auto old = before<Real>(shape.cols, accumulate);
    std::vector<Real> expected = accumulate ? old : std::vector<Real>(old.size());
    for (std::size_t i = 0; i < x.size(); ++i) expected[i % expected.size()] += x[i];
    const Buffer<TypeParam> xs(x, layout(0)), out(old, layout(1));
    kernels::column_sum(TypeParam::stream(), xs.data(), shape.rows, shape.cols, out.data(),
                        accumulate);
    EXPECT_TRUE(near(out.values(), expected, 0, 0));
  });
}

TYPED_TEST(Reduce, ColumnSumOfRealsAndTheSameBits) {
  using Real = typename TypeParam::Real;
  const auto x = random_values<Real>(2001 * 33, 0, 1, 1);
  std::vector<double> expected(33);
  for (std::size_t i = 0; i < x.size(); ++i) expected[i % 33] += static_cast<double>(x[i]);
  const Buffer<TypeParam> xs(x), out1(33), out2(33);
  kernels::column_sum(TypeParam::stream(), xs.data(), 2001, 33, out1.data(), false);
  kernels::column_sum(TypeParam::stream(), xs.data(), 2001, 33, out2.data(), false);
  EXPECT_TRUE(near(out1.values(), expected, 2001 * kEpsilon<TypeParam>, 0));
  EXPECT_TRUE(same_bits(out1.values(), out2.values()));
}

TYPED_TEST(Reduce, BroadcastRows) {
  using Real = typename TypeParam::Real;
  for_each_shape([](Shape shape, Layout layout, bool accumulate) {
    const auto v = random_integers<Real>(shape.cols, 16, 1);
    const auto old = before<Real>(shape.rows * shape.cols, accumulate);
    std::vector<Real> expected = accumulate ? old : std::vector<Real>(old.size());
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += v[i % v.size()];
    const Buffer<TypeParam> vs(v, layout(0)), out(old, layout(1));
    kernels::broadcast_rows(TypeParam::stream(), vs.data(), shape.rows, shape.cols, out.data(),
                            accumulate);
    EXPECT_TRUE(near(out.values(), expected, 0, 0));
  });
}

}  // namespace
}  // namespace kiln::test
