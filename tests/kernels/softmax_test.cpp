// SPDX-License-Identifier: MIT
#include "kernels/softmax.h"

#include <cmath>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class SoftmaxKernel : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  static std::vector<Real> softmax(const std::vector<Real>& x, std::int64_t classes,
                                   Layout layout = {}) {
    const Buffer<Backend> xs(x, layout(0)), y(xs.size(), layout(1));
    kernels::softmax(Backend::stream(), xs.data(), xs.size() / classes, classes, y.data());
    return y.values();
  }
};
TYPED_TEST_SUITE(SoftmaxKernel, Backends, BackendNames);

TYPED_TEST(SoftmaxKernel, OfAnySize) {
  using Real = typename TypeParam::Real;
  for_each_size([](std::int64_t rows, Layout layout) {
    for (const std::int64_t classes : {1, 2, 10, 33}) {
      const auto x = random_values<Real>(rows * classes, -8, 8, 1);
      std::vector<double> expected;
      for (std::size_t i = 0; i < x.size(); i += static_cast<std::size_t>(classes)) {
        double sum = 0;
        for (std::int64_t j = 0; j < classes; ++j) sum += std::exp(static_cast<double>(x[i + j]));
        for (std::int64_t j = 0; j < classes; ++j) {
          expected.push_back(std::exp(static_cast<double>(x[i + j])) / sum);
        }
      }
      const double tolerance = 64 * kEpsilon<TypeParam>;
      EXPECT_TRUE(near(TestFixture::softmax(x, classes, layout), expected, tolerance, tolerance));
    }
  });
}

TYPED_TEST(SoftmaxKernel, OfLargeNumbersIsFinite) {
  using Real = typename TypeParam::Real;
  const auto y = TestFixture::softmax({1e30f, 1e30f, -1e30f, -1e30f, -1e30f, -1e30f}, 3);
  const Real third = Real(1) / 3;
  EXPECT_TRUE(
      near(y, std::vector<Real>{0.5, 0.5, 0, third, third, third}, 4 * kEpsilon<TypeParam>, 0));
}

TYPED_TEST(SoftmaxKernel, NanStaysInItsRow) {
  using Real = typename TypeParam::Real;
  const auto y = TestFixture::softmax({0, static_cast<Real>(NAN), 0, 0}, 2);
  EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[1]));
  EXPECT_EQ(y[2], Real(0.5));
  EXPECT_EQ(y[3], Real(0.5));
}

}  // namespace
}  // namespace kiln::test
