// SPDX-License-Identifier: MIT
#include "kernels/layer_norm.h"

#include <cmath>
#include <memory>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

// The header's formulas, plainly and in double.
struct LayerNormReference {
  std::size_t rows, cols;
  std::vector<double> x, weight, bias;
  std::vector<double> mean = {}, inv_std = {}, y = {}, dx = {}, dweight = {}, dbias = {};

  double normalised(std::size_t i, std::size_t j) const {
    return (x[i * cols + j] - mean[i]) * inv_std[i];
  }

  void run(const std::vector<double>& dy) {
    mean.assign(rows, 0), inv_std = mean, y = dx = x;
    dweight.assign(cols, 0), dbias = dweight;
    const double n = static_cast<double>(cols);
    for (std::size_t i = 0; i < rows; ++i) {
      double var = 0, mean_g = 0, mean_product = 0;
      for (std::size_t j = 0; j < cols; ++j) mean[i] += x[i * cols + j] / n;
      for (std::size_t j = 0; j < cols; ++j) var += std::pow(x[i * cols + j] - mean[i], 2) / n;
      inv_std[i] = 1 / std::sqrt(var + 1e-5);
      for (std::size_t j = 0; j < cols; ++j) {
        y[i * cols + j] = normalised(i, j) * weight[j] + bias[j];
        dbias[j] += dy[i * cols + j];
        dweight[j] += dy[i * cols + j] * normalised(i, j);
        mean_g += dy[i * cols + j] * weight[j] / n;
        mean_product += dy[i * cols + j] * weight[j] * normalised(i, j) / n;
      }
      for (std::size_t j = 0; j < cols; ++j) {
        dx[i * cols + j] =
            inv_std[i] * (dy[i * cols + j] * weight[j] - mean_g - normalised(i, j) * mean_product);
      }
    }
  }
};

template <class Backend>
class LayerNormKernels : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  static std::vector<double> values(std::size_t n, double low, double high, std::uint32_t seed) {
    const auto made = random_values<Real>(static_cast<std::int64_t>(n), low, high, seed);
    return {made.begin(), made.end()};
  }

  static void check(std::size_t rows, std::size_t cols, Layout layout, bool accumulate) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << cols << ", misaligned "
                                      << layout.misaligned << ", accumulate " << accumulate);
    LayerNormReference expected = {rows, cols, values(rows * cols, -1, 3, 1),
                                   values(cols, 0.5, 1.5, 2), values(cols, -1, 1, 3)};
    const std::vector<double> dy_values = values(rows * cols, -1, 1, 4);
    expected.run(dy_values);
    const auto size = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    const Buffer<Backend> x(expected.x, layout(0)), weight(expected.weight), bias(expected.bias),
        mean(size(rows)), inv_std(size(rows)), y(size(rows * cols), layout(1));
    kernels::LayerNormForward<Real> forward;
    forward.rows = size(rows);
    forward.cols = size(cols);
    forward.x = x.data();
    forward.weight = weight.data();
    forward.bias = bias.data();
    forward.epsilon = static_cast<Real>(1e-5);
    forward.mean = mean.data();
    forward.inv_std = inv_std.data();
    forward.y = y.data();
    kernels::layer_norm_forward(Backend::stream(), forward);
    const double tolerance = 100 * kEpsilon<Backend>;
    EXPECT_TRUE(near(y.values(), expected.y, tolerance, tolerance));
    if (cols > 0) {
      EXPECT_TRUE(near(mean.values(), expected.mean, tolerance, tolerance));
      EXPECT_TRUE(near(inv_std.values(), expected.inv_std, tolerance, 0));
    }

    const auto old = [&](std::size_t n) {
      std::vector<double> before = values(accumulate ? n : 0, -1, 1, 7);
      before.resize(n, std::nan(""));
      return before;
    };
    const auto add = [&](std::vector<double>& to) {
      const std::vector<double> before = old(to.size());
      for (std::size_t i = 0; accumulate && i < to.size(); ++i) to[i] += before[i];
    };
    add(expected.dx), add(expected.dweight), add(expected.dbias);
    const Buffer<Backend> dy(dy_values, layout(2)), dx(old(rows * cols), layout(3)),
        dweight(old(cols), layout(0)), dbias(old(cols), layout(1));
    kernels::LayerNormBackward<Real> backward;
    backward.rows = size(rows);
    backward.cols = size(cols);
    backward.dy = dy.data();
    backward.x = x.data();
    backward.weight = weight.data();
    backward.mean = mean.data();
    backward.inv_std = inv_std.data();
    backward.accumulate_dx = backward.accumulate_dweight = backward.accumulate_dbias = accumulate;
    // One by one: each may be asked for alone.
    backward.dx = dx.data();
    kernels::layer_norm_backward(Backend::stream(), backward);
    backward.dx = nullptr, backward.dweight = dweight.data();
    kernels::layer_norm_backward(Backend::stream(), backward);
    backward.dweight = nullptr, backward.dbias = dbias.data();
    kernels::layer_norm_backward(Backend::stream(), backward);
    const double sums = static_cast<double>(rows + 100) * kEpsilon<Backend>;
    EXPECT_TRUE(near(dx.values(), expected.dx, 4 * tolerance, 4 * tolerance));
    EXPECT_TRUE(near(dweight.values(), expected.dweight, sums, 4 * sums));
    EXPECT_TRUE(near(dbias.values(), expected.dbias, sums, sums));
  }
};
TYPED_TEST_SUITE(LayerNormKernels, Backends, BackendNames);

TYPED_TEST(LayerNormKernels, Formulas) {
  constexpr std::size_t kShapes[][2] = {{0, 5},   {5, 0},   {1, 2},    {2, 31},  {33, 32},
                                        {64, 33}, {9, 127}, {3, 1030}, {300, 4}, {64, 512}};
  for (const auto& [rows, cols] : kShapes) {
    TestFixture::check(rows, cols, {}, false);
    TestFixture::check(rows, cols, {~0u}, true);
  }
}

// A row of equal values has no direction: epsilon keeps everything finite.
TYPED_TEST(LayerNormKernels, RowOfEqualValues) {
  using Real = typename TypeParam::Real;
  const Buffer<TypeParam> x(std::vector<Real>(40, 3)), weight(std::vector<Real>(40, 2)),
      bias(std::vector<Real>(40, 1)), mean(1), inv_std(1), y(40);
  kernels::LayerNormForward<Real> args;
  args.rows = 1;
  args.cols = 40;
  args.x = x.data();
  args.weight = weight.data();
  args.bias = bias.data();
  args.epsilon = static_cast<Real>(1e-5);
  args.mean = mean.data();
  args.inv_std = inv_std.data();
  args.y = y.data();
  kernels::layer_norm_forward(TypeParam::stream(), args);
  EXPECT_TRUE(near(y.values(), std::vector<Real>(40, 1), 0, 0));
}

}  // namespace
}  // namespace kiln::test
