// SPDX-License-Identifier: MIT
#include "kernels/log_sum_exp.h"

#include <cmath>
#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class LogSumExpKernel : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  static std::vector<Real> of_columns(const std::vector<Real>& x, std::int64_t rows,
                                      Layout layout = {}) {
    const std::int64_t cols = static_cast<std::int64_t>(x.size()) / rows;
    const Buffer<Backend> xs(x, layout(0)), out(static_cast<std::size_t>(cols), layout(1));
    kernels::column_log_sum_exp(Backend::stream(), xs.data(), rows, cols, out.data());
    return out.values();
  }
};
TYPED_TEST_SUITE(LogSumExpKernel, Backends, BackendNames);

TYPED_TEST(LogSumExpKernel, OfAnySize) {
  using Real = typename TypeParam::Real;
  for_each_size([](std::int64_t cols, Layout layout) {
    for (const std::int64_t rows : {1, 2, 5, 50}) {
      const auto x = random_values<Real>(rows * cols, -8, 8, 1);
      std::vector<double> expected(static_cast<std::size_t>(cols));
      for (std::size_t j = 0; j < expected.size(); ++j) {
        double sum = 0;
        for (std::size_t i = j; i < x.size(); i += expected.size()) {
          sum += std::exp(static_cast<double>(x[i]));
        }
        expected[j] = std::log(sum);
      }
      const double tolerance = 64 * kEpsilon<TypeParam>;
      EXPECT_TRUE(near(TestFixture::of_columns(x, rows, layout), expected, tolerance, tolerance));
    }
  });
}

TYPED_TEST(LogSumExpKernel, LargeNumbersNeitherOverflowNorVanish) {
  using Real = typename TypeParam::Real;
  const Real log_2 = static_cast<Real>(0.6931471805599453);
  EXPECT_TRUE(near(TestFixture::of_columns({1000, -1000, 1e30f, 1000, -1000, -1e30f}, 2),
                   std::vector<Real>{1000 + log_2, -1000 + log_2, 1e30f}, 4 * kEpsilon<TypeParam>,
                   0));
}

TYPED_TEST(LogSumExpKernel, NothingIsMinusInfinityAndNanStaysInItsColumn) {
  using Real = typename TypeParam::Real;
  const Real nothing = -std::numeric_limits<Real>::infinity(), nan = static_cast<Real>(NAN);
  const auto y = TestFixture::of_columns({nothing, nothing, nan, 0, 2,  //
                                          nothing, 3, 0, nan, nothing},
                                         2);
  EXPECT_EQ(y[0], nothing);
  EXPECT_EQ(y[1], Real(3));
  EXPECT_TRUE(std::isnan(y[2]) && std::isnan(y[3]));
  EXPECT_EQ(y[4], Real(2));
}

}  // namespace
}  // namespace kiln::test
