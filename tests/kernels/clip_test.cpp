// SPDX-License-Identifier: MIT
#include "kernels/clip.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reduce.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class Clip : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;
  static constexpr double kTolerance = 64 * kEpsilon<Backend>;

  struct Result {
    std::vector<Real> x;
    double norm;
  };

  static Result by_norm(double max_norm, const std::vector<double>& x, Layout layout = {}) {
    const Buffer<Backend> values(x, layout(0)), norm(std::vector<double>(2, -1), layout(1)),
        workspace(std::vector<double>(kernels::kSumWorkspace));
    kernels::clip_by_norm(Backend::stream(), static_cast<Real>(max_norm), values.data(),
                          values.size(), norm.data(), workspace.data());
    return {values.values(), static_cast<double>(norm.values()[0])};
  }

  static std::vector<Real> by_value(double max_value, const std::vector<double>& x,
                                    Layout layout = {}) {
    const Buffer<Backend> values(x, layout(0));
    kernels::clip_by_value(Backend::stream(), static_cast<Real>(max_value), values.data(),
                           values.size());
    return values.values();
  }
};
TYPED_TEST_SUITE(Clip, Backends, BackendNames);

TYPED_TEST(Clip, ByNormOfAnySizeAndAlignment) {
  for_each_size([](std::int64_t n, Layout layout) {
    const std::vector<double> x = random_values<double>(n, -1, 1, 1);
    double square = 0;
    for (const double value : x) square += value * value;
    const double norm = std::sqrt(square);
    for (const double max_norm : {0.0, norm / 3, norm + 1}) {
      const auto result = TestFixture::by_norm(max_norm, x, layout);
      const double scale = std::min(1.0, max_norm / (norm + 1e-6));
      std::vector<double> expected = x;
      for (double& value : expected) value *= scale;
      EXPECT_TRUE(near(result.norm, norm, TestFixture::kTolerance, TestFixture::kTolerance));
      EXPECT_TRUE(near(result.x, expected, TestFixture::kTolerance, TestFixture::kTolerance));
    }
  });
}

// 1e-6 is added to the norm, as PyTorch does: gradients of just that length shrink a little.
TYPED_TEST(Clip, ByNormAtTheBound) {
  const auto at = TestFixture::by_norm(5e-6, {3e-6, -4e-6});
  EXPECT_TRUE(near(at.x, std::vector<double>{2.5e-6, -4e-6 * 5 / 6}, 1e-6, 0));
  const auto below = TestFixture::by_norm(6.1e-6, {3e-6, -4e-6});
  EXPECT_EQ(below.x[0], static_cast<typename TypeParam::Real>(3e-6));
}

TYPED_TEST(Clip, ByNormKeepsNotANumberInSight) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto result = TestFixture::by_norm(1, {1, nan, 2});
  EXPECT_TRUE(std::isnan(result.norm));
  for (const auto value : result.x) EXPECT_TRUE(std::isnan(value));
}

TYPED_TEST(Clip, ByNormTheSameBits) {
  const std::vector<double> x = random_values<double>(kLargeSize, -1, 1, 1);
  EXPECT_TRUE(same_bits(TestFixture::by_norm(1, x).x, TestFixture::by_norm(1, x).x));
}

TYPED_TEST(Clip, ByValueOfAnySizeAndAlignment) {
  for_each_size([](std::int64_t n, Layout layout) {
    const std::vector<double> x = random_values<double>(n, -1, 1, 1);
    std::vector<double> expected = x;
    for (double& value : expected) value = std::clamp(value, -0.25, 0.25);
    EXPECT_TRUE(near(TestFixture::by_value(0.25, x, layout), expected, TestFixture::kTolerance, 0));
  });
}

TYPED_TEST(Clip, ByValueOfSpecialNumbers) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto x = TestFixture::by_value(2, {inf, -inf, nan, 2, -2, 0});
  EXPECT_EQ(x[0], 2);
  EXPECT_EQ(x[1], -2);
  EXPECT_TRUE(std::isnan(x[2]));
  EXPECT_EQ(x[3], 2);
  EXPECT_EQ(x[4], -2);
  EXPECT_EQ(x[5], 0);
  for (const auto value : TestFixture::by_value(0, {1, -1})) EXPECT_EQ(value, 0);
}

}  // namespace
}  // namespace kiln::test
