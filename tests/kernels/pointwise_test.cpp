// SPDX-License-Identifier: MIT
#include "kernels/pointwise.h"

#include <functional>

#include "tests/kernels/pointwise_ops.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

// An op behind plain functions, so that the tests are compiled once for all of them.
template <class Backend>
struct AnyOp {
  using Real = typename Backend::Real;

  std::function<double(double)> in_double;
  std::function<Real(Real)> in_real;
  std::function<double(double, double)> derivative;
  std::function<void(const Buffer<Backend>& x, const Buffer<Backend>& y)> run_forward;
  std::function<void(const Buffer<Backend>& dy, const Buffer<Backend>& x, const Buffer<Backend>& y,
                     const Buffer<Backend>& dx, bool accumulate)>
      run_backward;

  template <class Op>
  explicit AnyOp(Op op)
      : in_double([op](double x) { return op.forward(x); }),
        in_real([op](Real x) { return op.forward(x); }),
        derivative([op](double x, double y) { return op.derivative(x, y); }),
        run_forward([op](const auto& x, const auto& y) {
          kernels::pointwise_forward(Backend::stream(), op, x.data(), y.data(), y.size());
        }),
        run_backward(
            [op](const auto& dy, const auto& x, const auto& y, const auto& dx, bool accumulate) {
              kernels::pointwise_backward(Backend::stream(), op, dy.data(), x.data(), y.data(),
                                          dx.data(), dx.size(), accumulate);
            }) {}

  [[nodiscard]] double forward(double x) const { return in_double(x); }
};

template <class Backend>
void for_any_op(const std::function<void(const AnyOp<Backend>&)>& test) {
  for_each_op([&](auto op) { test(AnyOp<Backend>(op)); });
}

template <class Backend>
class Pointwise : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;
  static constexpr double kRtol = 16 * kEpsilon<Backend>;
  static constexpr double kAtol = 16 * kEpsilon<Backend>;

  using Op = AnyOp<Backend>;

  static std::vector<Real> forward(const Op& op, const std::vector<Real>& x, Layout layout = {}) {
    const Buffer<Backend> in(x, layout(0)), out(in.size(), layout(1));
    op.run_forward(in, out);
    return out.values();
  }

  // dx, which held `old` before.
  static std::vector<Real> backward(const Op& op, const std::vector<Real>& dy,
                                    const std::vector<Real>& x, const std::vector<Real>& old,
                                    bool accumulate, Layout layout = {}) {
    std::vector<Real> y;
    for (const Real xi : x) y.push_back(op.in_real(xi));
    const Buffer<Backend> dys(dy, layout(0)), xs(x, layout(1)), ys(y, layout(2)),
        dxs(old, layout(3));
    op.run_backward(dys, xs, ys, dxs, accumulate);
    return dxs.values();
  }

  static std::vector<double> expected_gradient(const Op& op, const std::vector<Real>& dy,
                                               const std::vector<Real>& x) {
    std::vector<double> dx;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double xi = static_cast<double>(x[i]);
      dx.push_back(static_cast<double>(dy[i]) *
                   op.derivative(xi, static_cast<double>(op.in_real(x[i]))));
    }
    return dx;
  }
};
TYPED_TEST_SUITE(Pointwise, Backends, BackendNames);

TYPED_TEST(Pointwise, Forward) {
  for_any_op<TypeParam>([](const auto& op) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const auto x = inputs_of<typename TypeParam::Real>(op, n);
      std::vector<double> expected;
      for (const auto xi : x) expected.push_back(op.forward(static_cast<double>(xi)));
      EXPECT_TRUE(near(TestFixture::forward(op, x, layout), expected, TestFixture::kRtol,
                       TestFixture::kAtol));
    });
  });
}

TYPED_TEST(Pointwise, Backward) {
  using Real = typename TypeParam::Real;
  for_any_op<TypeParam>([](const auto& op) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const auto x = inputs_of<Real>(op, n), dy = random_values<Real>(n, -2, 2, 3);
      const std::vector<Real> old(x.size(), std::numeric_limits<Real>::quiet_NaN());
      EXPECT_TRUE(near(TestFixture::backward(op, dy, x, old, false, layout),
                       TestFixture::expected_gradient(op, dy, x), TestFixture::kRtol,
                       TestFixture::kAtol));
    });
  });
}

TYPED_TEST(Pointwise, BackwardAccumulates) {
  using Real = typename TypeParam::Real;
  for_any_op<TypeParam>([](const auto& op) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const auto x = inputs_of<Real>(op, n), dy = random_values<Real>(n, -2, 2, 3),
                 old = random_values<Real>(n, -1, 1, 5);
      auto expected = TestFixture::expected_gradient(op, dy, x);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i] += static_cast<double>(old[i]);
      }
      EXPECT_TRUE(near(TestFixture::backward(op, dy, x, old, true, layout), expected,
                       TestFixture::kRtol, TestFixture::kAtol));
    });
  });
}

TYPED_TEST(Pointwise, InPlace) {
  using Real = typename TypeParam::Real;
  for_any_op<TypeParam>([](const auto& op) {
    const auto x = inputs_of<Real>(op, 127), dy = random_values<Real>(127, -2, 2, 3);
    const Buffer<TypeParam> xs(x), ys(x), gradient(dy);
    op.run_forward(ys, ys);
    EXPECT_TRUE(same_bits(ys.values(), TestFixture::forward(op, x)));
    op.run_backward(gradient, xs, ys, gradient, false);
    EXPECT_TRUE(near(gradient.values(), TestFixture::expected_gradient(op, dy, x),
                     TestFixture::kRtol, TestFixture::kAtol));
  });
}

TYPED_TEST(Pointwise, NanStaysNan) {
  using Real = typename TypeParam::Real;
  for_any_op<TypeParam>([](const auto& op) {
    std::vector<Real> x(33, Real(0.75)), dy(33, Real(1));
    x[7] = dy[9] = x[32] = dy[32] = std::numeric_limits<Real>::quiet_NaN();
    const auto y = TestFixture::forward(op, x);
    const auto dx = TestFixture::backward(op, dy, std::vector<Real>(33, Real(0.75)),
                                          std::vector<Real>(33), false);
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(std::isnan(y[i]), std::isnan(x[i])) << i;
      EXPECT_EQ(std::isnan(dx[i]), std::isnan(dy[i])) << i;
    }
  });
}

TYPED_TEST(Pointwise, LargeArray) {
  using Real = typename TypeParam::Real;
  const auto x = random_values<Real>(kLargeSize, -4, 4, 17);
  std::vector<double> expected;
  for (const Real xi : x) expected.push_back(xi < 0 ? 0.0 : static_cast<double>(xi));
  EXPECT_TRUE(near(TestFixture::forward(AnyOp<TypeParam>(kernels::Relu{}), x), expected, 0, 0));
}

TYPED_TEST(Pointwise, SameCallSameBits) {
  using Real = typename TypeParam::Real;
  for_any_op<TypeParam>([](const auto& op) {
    const auto x = inputs_of<Real>(op, 20011);
    EXPECT_TRUE(same_bits(TestFixture::forward(op, x), TestFixture::forward(op, x)));
  });
}

}  // namespace
}  // namespace kiln::test
