// SPDX-License-Identifier: MIT
#include "kernels/binary.h"

#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Operand;

template <class F>
void for_each_binary_op(F f) {
#define KILN_VISIT(Op)               \
  {                                  \
    SCOPED_TRACE(kernels::Op::name); \
    f(kernels::Op{});                \
  }
  KILN_BINARY_OPS(KILN_VISIT)
#undef KILN_VISIT
}

template <class Backend>
class Binary : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;
  static constexpr double kTolerance = 4 * kEpsilon<Backend>;

  // An operand of one element is a scalar where n is not 1.
  template <class Op>
  static std::vector<Real> run(Op op, const std::vector<Real>& a, const std::vector<Real>& b,
                               const std::vector<Real>& old, bool accumulate, Layout layout = {}) {
    const Buffer<Backend> as(a, layout(0)), bs(b, layout(1)), out(old, layout(2));
    kernels::binary(Backend::stream(), op, Operand<Real>{as.data(), a.size() != old.size()},
                    Operand<Real>{bs.data(), b.size() != old.size()}, out.data(), out.size(),
                    accumulate);
    return out.values();
  }

  template <class Op>
  static std::vector<double> expected(Op op, const std::vector<Real>& a, const std::vector<Real>& b,
                                      const std::vector<Real>& old, bool accumulate) {
    std::vector<double> out;
    for (std::size_t i = 0; i < old.size(); ++i) {
      const double value = op(static_cast<double>(a.size() == old.size() ? a[i] : a[0]),
                              static_cast<double>(b.size() == old.size() ? b[i] : b[0]));
      out.push_back(accumulate ? static_cast<double>(old[i]) + value : value);
    }
    return out;
  }
};
TYPED_TEST_SUITE(Binary, Backends, BackendNames);

TYPED_TEST(Binary, ArraysAndScalars) {
  using Real = typename TypeParam::Real;
  const auto scalar_a = random_values<Real>(1, 0.5, 2, 1);
  const auto scalar_b = random_values<Real>(1, 0.5, 2, 2);
  for_each_binary_op([&](auto op) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const auto array_a = random_values<Real>(n, -4, 4, 3);
      const auto array_b = random_values<Real>(n, 0.5, 4, 4);
      const std::vector<Real> old(array_a.size(), std::numeric_limits<Real>::quiet_NaN());
      const auto check = [&](const auto& a, const auto& b) {
        EXPECT_TRUE(near(TestFixture::run(op, a, b, old, false, layout),
                         TestFixture::expected(op, a, b, old, false), TestFixture::kTolerance, 0));
      };
      check(array_a, array_b);
      check(scalar_a, array_b);
      check(array_a, scalar_b);
      check(scalar_a, scalar_b);
    });
  });
}

TYPED_TEST(Binary, Accumulates) {
  using Real = typename TypeParam::Real;
  for_each_binary_op([](auto op) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const auto a = random_values<Real>(n, -4, 4, 3), b = random_values<Real>(n, 0.5, 4, 4),
                 old = random_values<Real>(n, -1, 1, 5);
      EXPECT_TRUE(near(TestFixture::run(op, a, b, old, true, layout),
                       TestFixture::expected(op, a, b, old, true), TestFixture::kTolerance,
                       32 * kEpsilon<TypeParam>));
    });
  });
}

TYPED_TEST(Binary, InPlace) {
  using Real = typename TypeParam::Real;
  for_each_binary_op([](auto op) {
    const auto a = random_values<Real>(127, -4, 4, 3), b = random_values<Real>(127, 0.5, 4, 4);
    const auto expected = TestFixture::run(op, a, b, a, false);
    const auto check = [&](const auto& out, const auto& left, const auto& right) {
      kernels::binary(TypeParam::stream(), op, Operand<Real>{left.data()},
                      Operand<Real>{right.data()}, out.data(), out.size(), false);
      EXPECT_TRUE(same_bits(out.values(), expected));
    };
    const Buffer<TypeParam> a1(a), b1(b), a2(a), b2(b);
    check(a1, a1, b1);
    check(b2, a2, b2);
  });
}

TYPED_TEST(Binary, NanStaysNan) {
  using Real = typename TypeParam::Real;
  const std::vector<Real> ones(33, Real(1));
  std::vector<Real> some = ones;
  some[5] = some[32] = std::numeric_limits<Real>::quiet_NaN();
  for_each_binary_op([&](auto op) {
    const auto left = TestFixture::run(op, some, ones, ones, false);
    const auto right = TestFixture::run(op, ones, some, ones, false);
    for (std::size_t i = 0; i < ones.size(); ++i) {
      EXPECT_EQ(std::isnan(left[i]), std::isnan(some[i])) << i;
      EXPECT_EQ(std::isnan(right[i]), std::isnan(some[i])) << i;
    }
  });
}

TYPED_TEST(Binary, LargeArray) {
  using Real = typename TypeParam::Real;
  const auto a = random_integers<Real>(kLargeSize, 1000, 1),
             b = random_integers<Real>(kLargeSize, 1000, 2);
  EXPECT_TRUE(near(TestFixture::run(kernels::Add{}, a, b, a, false),
                   TestFixture::expected(kernels::Add{}, a, b, a, false), 0, 0));
}

}  // namespace
}  // namespace kiln::test
