// SPDX-License-Identifier: MIT
#include "kernels/cross_entropy.h"

#include <cmath>
#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class CrossEntropyKernel : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  struct Result {
    Real value;
    std::vector<Real> dx;
  };

  static Result run(const std::vector<Real>& x, const std::vector<std::int32_t>& labels,
                    std::int64_t classes, Real scale, bool with_gradient = true,
                    Layout layout = {}) {
    const Buffer<Backend> xs(x, layout(0)), dx(xs.size(), layout(1)), out(1, layout(2)),
        workspace(kernels::kSumWorkspace, layout(3));
    const Buffer<Backend, std::int32_t> ts(labels, layout(0));
    kernels::CrossEntropyArgs<Real> args;
    args.x = xs.data();
    args.labels = ts.data();
    args.rows = ts.size();
    args.classes = classes;
    args.scale = scale;
    args.dx = with_gradient ? dx.data() : nullptr;
    kernels::cross_entropy(Backend::stream(), args, out.data(), workspace.data());
    return {out.values()[0], with_gradient ? dx.values() : std::vector<Real>()};
  }

  static void expect_formula(std::int64_t rows, std::int64_t classes, Layout layout) {
    SCOPED_TRACE(::testing::Message() << rows << " rows of " << classes);
    const auto x = random_values<Real>(rows * classes, -8, 8, 1);
    const Real scale(0.75);
    std::vector<std::int32_t> labels;
    std::vector<double> dx;
    double value = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      labels.push_back(static_cast<std::int32_t>(i * i % classes));
      const auto at = [&](std::int64_t j) {
        return static_cast<double>(x[static_cast<std::size_t>(i * classes + j)]);
      };
      double sum = 0;
      for (std::int64_t j = 0; j < classes; ++j) sum += std::exp(at(j));
      value += 0.75 * (std::log(sum) - at(labels.back()));
      for (std::int64_t j = 0; j < classes; ++j) {
        dx.push_back(0.75 * (std::exp(at(j)) / sum - (j == labels.back())));
      }
    }
    const double tolerance = 64 * kEpsilon<Backend>;
    const Result result = run(x, labels, classes, scale, true, layout);
    EXPECT_TRUE(near(result.value, value, tolerance, tolerance));
    EXPECT_TRUE(near(result.dx, dx, tolerance, tolerance));
    EXPECT_EQ(run(x, labels, classes, scale, false, layout).value, result.value);
  }
};
TYPED_TEST_SUITE(CrossEntropyKernel, Backends, BackendNames);

TYPED_TEST(CrossEntropyKernel, ValueAndGradient) {
  for_each_size([](std::int64_t rows, Layout layout) {
    for (const std::int64_t classes : {1, 2, 10, 33}) {
      TestFixture::expect_formula(rows, classes, layout);
    }
  });
  for (const std::int64_t rows : {8193, 20011}) TestFixture::expect_formula(rows, 10, {});
}

TYPED_TEST(CrossEntropyKernel, NoRowsAreZeroWhateverTheScale) {
  EXPECT_EQ(TestFixture::run({}, {}, 10, std::numeric_limits<float>::infinity()).value, 0);
}

TYPED_TEST(CrossEntropyKernel, LogitsOfAnySizeAreFinite) {
  using Real = typename TypeParam::Real;
  const auto result = TestFixture::run({1e4f, -1e4f, 1e4f, -1e4f}, {0, 1}, 2, Real(1));
  EXPECT_EQ(result.value, Real(2e4));
  EXPECT_TRUE(near(result.dx, std::vector<double>{0, 0, 1, -1}, 0, 0));
}

// Where a label could lead out of bounds, guards and sanitizers watch the reads.
TYPED_TEST(CrossEntropyKernel, ABadLabelIsNan) {
  using Real = typename TypeParam::Real;
  for (const std::int32_t label : {-1, 2, 1 << 30, -(1 << 30)}) {
    const auto result = TestFixture::run({1, 2, 3, 4}, {0, label}, 2, Real(1));
    EXPECT_TRUE(std::isnan(result.value)) << label;
    EXPECT_FALSE(std::isnan(result.dx[0]) || std::isnan(result.dx[1]));
    EXPECT_TRUE(std::isnan(result.dx[2]) && std::isnan(result.dx[3])) << label;
  }
}

TYPED_TEST(CrossEntropyKernel, NanReachesTheMean) {
  using Real = typename TypeParam::Real;
  std::vector<Real> x(4000, Real(0.5));
  x.back() = static_cast<Real>(NAN);
  EXPECT_TRUE(
      std::isnan(TestFixture::run(x, std::vector<std::int32_t>(400, 3), 10, Real(1)).value));
}

}  // namespace
}  // namespace kiln::test
