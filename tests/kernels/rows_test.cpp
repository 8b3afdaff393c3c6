// SPDX-License-Identifier: MIT
#include "kernels/rows.h"

#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class Rows : public BackendTest<Backend> {};
TYPED_TEST_SUITE(Rows, Backends, BackendNames);

// Sums of integers are exact; without `accumulate` NaN must go.
TYPED_TEST(Rows, SumsAndBroadcasts) {
  using Real = typename TypeParam::Real;
  constexpr std::int64_t kShapes[][2] = {{0, 5},   {5, 0},    {1, 1},     {1, 33},  {33, 1},
                                         {31, 32}, {64, 784}, {257, 130}, {3, 1030}};
  for (const auto& [rows, cols] : kShapes) {
    for (const unsigned misaligned : {0u, 1u, 2u}) {
      for (const bool accumulate : {false, true}) {
        SCOPED_TRACE(::testing::Message() << rows << " x " << cols << ", misaligned " << misaligned
                                          << ", accumulate " << accumulate);
        const Layout layout{misaligned};
        const auto before = [&](std::int64_t n) {
          return accumulate ? random_integers<Real>(n, 16, 2)
                            : std::vector<Real>(static_cast<std::size_t>(n),
                                                std::numeric_limits<Real>::quiet_NaN());
        };
        const auto x = random_integers<Real>(rows * cols, 16, 1);
        const auto v = random_integers<Real>(rows, 16, 3);
        std::vector<Real> sums = before(rows), spread = before(rows * cols);
        if (!accumulate) std::fill(sums.begin(), sums.end(), Real(0));
        if (!accumulate) std::fill(spread.begin(), spread.end(), Real(0));
        for (std::size_t i = 0; i < x.size(); ++i) {
          sums[i / static_cast<std::size_t>(cols)] += x[i];
          spread[i] += v[i / static_cast<std::size_t>(cols)];
        }
        const Buffer<TypeParam> xs(x, layout(0)), vs(v, layout(0)), sum(before(rows), layout(1)),
            out(before(rows * cols), layout(1));
        kernels::row_sum(TypeParam::stream(), xs.data(), rows, cols, sum.data(), accumulate);
        kernels::broadcast_columns(TypeParam::stream(), vs.data(), rows, cols, out.data(),
                                   accumulate);
        EXPECT_TRUE(near(sum.values(), sums, 0, 0));
        EXPECT_TRUE(near(out.values(), spread, 0, 0));
      }
    }
  }
}

TYPED_TEST(Rows, SumOfRealsAndTheSameBits) {
  using Real = typename TypeParam::Real;
  const auto x = random_values<Real>(5 * 2001, 0, 1, 1);
  std::vector<double> expected(5);
  for (std::size_t i = 0; i < x.size(); ++i) expected[i / 2001] += static_cast<double>(x[i]);
  const Buffer<TypeParam> xs(x), first(5), second(5);
  kernels::row_sum(TypeParam::stream(), xs.data(), 5, 2001, first.data(), false);
  kernels::row_sum(TypeParam::stream(), xs.data(), 5, 2001, second.data(), false);
  EXPECT_TRUE(near(first.values(), expected, 256 * kEpsilon<TypeParam>, 0));
  EXPECT_TRUE(same_bits(first.values(), second.values()));
}

}  // namespace
}  // namespace kiln::test
