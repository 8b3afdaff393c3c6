// SPDX-License-Identifier: MIT
#include "kernels/batch_norm.h"

#include <cmath>
#include <memory>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::BatchNormShape;

// The header's formulas, plainly and in double.
struct BatchNormReference {
  BatchNormShape shape;
  std::vector<double> x, weight, bias, running_mean, running_var;
  bool training;
  double momentum = 0.1, epsilon = 1e-5;
  std::vector<double> mean = {}, inv_std = {}, y = {};
  std::vector<double> dx = {}, dweight = {}, dbias = {};

  std::size_t channel_of(std::size_t i) const {
    return i / static_cast<std::size_t>(shape.spatial) % weight.size();
  }

  void forward() {
    const double m = static_cast<double>(shape.batch * shape.spatial);
    mean.assign(weight.size(), 0), inv_std = mean, y = x;
    std::vector<double> var(weight.size());
    for (std::size_t i = 0; i < x.size(); ++i) mean[channel_of(i)] += x[i] / m;
    for (std::size_t i = 0; i < x.size(); ++i) {
      var[channel_of(i)] += std::pow(x[i] - mean[channel_of(i)], 2) / m;
    }
    for (std::size_t c = 0; c < weight.size(); ++c) {
      if (training) {
        running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean[c];
        running_var[c] = (1 - momentum) * running_var[c] + momentum * var[c] * m / (m - 1);
      } else {
        mean[c] = running_mean[c], var[c] = running_var[c];
      }
      inv_std[c] = 1 / std::sqrt(var[c] + epsilon);
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = channel_of(i);
      y[i] = (x[i] - mean[c]) * inv_std[c] * weight[c] + bias[c];
    }
  }

  void backward(const std::vector<double>& dy) {
    const double m = static_cast<double>(shape.batch * shape.spatial);
    dweight.assign(weight.size(), 0), dbias = dweight, dx = x;
    const auto normalised = [&](std::size_t i) {
      return (x[i] - mean[channel_of(i)]) * inv_std[channel_of(i)];
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
      dbias[channel_of(i)] += dy[i];
      dweight[channel_of(i)] += dy[i] * normalised(i);
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = channel_of(i);
      const double centred = dy[i] - dbias[c] / m - normalised(i) * dweight[c] / m;
      dx[i] = weight[c] * inv_std[c] * (training ? centred : dy[i]);
    }
  }
};

constexpr BatchNormShape kBatchNormShapes[] = {{2, 1, 1},  {64, 33, 1},  {31, 128, 1}, {300, 5, 1},
                                               {1, 3, 7},  {5, 3, 49},   {4, 40, 9},   {2, 2, 515},
                                               {3, 2, 32}, {64, 16, 14}, {1, 1, 256}};

template <class Backend>
class BatchNormKernels : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  static std::vector<double> values(std::int64_t n, double low, double high, std::uint32_t seed) {
    const auto made = random_values<Real>(n, low, high, seed);
    return {made.begin(), made.end()};
  }

  static BatchNormReference reference(const BatchNormShape& shape, bool training) {
    const std::int64_t n = shape.batch * shape.channels * shape.spatial, c = shape.channels;
    return {shape,
            values(n, -1, 3, 1),
            values(c, 0.5, 1.5, 2),
            values(c, -1, 1, 3),
            values(c, -1, 1, 4),
            values(c, 0.5, 2, 5),
            training};
  }

  static void check(const BatchNormShape& shape, bool training, Layout layout, bool accumulate) {
    SCOPED_TRACE(::testing::Message()
                 << shape.batch << " x " << shape.channels << " x " << shape.spatial
                 << ", training " << training << ", misaligned " << layout.misaligned
                 << ", accumulate " << accumulate);
    BatchNormReference expected = reference(shape, training);
    const Buffer<Backend> x(expected.x, layout(0)), weight(expected.weight), bias(expected.bias),
        running_mean(expected.running_mean), running_var(expected.running_var),
        mean(shape.channels), inv_std(shape.channels), y(x.size(), layout(1));
    expected.forward();
    kernels::BatchNormForward<Real> forward;
    forward.shape = shape;
    forward.x = x.data();
    forward.weight = weight.data();
    forward.bias = bias.data();
    forward.training = training;
    forward.momentum = static_cast<Real>(expected.momentum);
    forward.epsilon = static_cast<Real>(expected.epsilon);
    forward.running_mean = running_mean.data();
    forward.running_var = running_var.data();
    forward.mean = mean.data();
    forward.inv_std = inv_std.data();
    forward.y = y.data();
    kernels::batch_norm_forward(Backend::stream(), forward);
    const double tolerance = 100 * kEpsilon<Backend>;
    EXPECT_TRUE(near(y.values(), expected.y, tolerance, tolerance));
    EXPECT_TRUE(near(mean.values(), expected.mean, tolerance, tolerance));
    EXPECT_TRUE(near(inv_std.values(), expected.inv_std, tolerance, 0));
    EXPECT_TRUE(near(running_mean.values(), expected.running_mean, tolerance, tolerance));
    EXPECT_TRUE(near(running_var.values(), expected.running_var, tolerance, 0));

    const std::vector<double> dy_values = values(x.size(), -1, 1, 6);
    expected.backward(dy_values);
    const auto old = [&](std::int64_t n) { return values(accumulate ? n : 0, -1, 1, 7); };
    const auto add = [&](std::vector<double>& to) {
      const std::vector<double> before = old(static_cast<std::int64_t>(to.size()));
      for (std::size_t i = 0; i < before.size(); ++i) to[i] += before[i];
    };
    const auto output = [&](std::int64_t n, Placement placement) {
      std::vector<double> before = old(n);
      before.resize(static_cast<std::size_t>(n), std::nan(""));
      return std::make_unique<Buffer<Backend>>(before, placement);
    };
    add(expected.dx), add(expected.dweight), add(expected.dbias);
    const Buffer<Backend> dy(dy_values, layout(2));
    const auto dx = output(x.size(), layout(3)), dweight = output(shape.channels, layout(0)),
               dbias = output(shape.channels, layout(1));
    kernels::BatchNormBackward<Real> backward;
    backward.shape = shape;
    backward.dy = dy.data();
    backward.x = x.data();
    backward.weight = weight.data();
    backward.mean = mean.data();
    backward.inv_std = inv_std.data();
    backward.training = training;
    backward.dx = dx->data();
    backward.dweight = dweight->data();
    backward.dbias = dbias->data();
    backward.accumulate_dx = backward.accumulate_dweight = backward.accumulate_dbias = accumulate;
    kernels::batch_norm_backward(Backend::stream(), backward);
    const double sum_tolerance =
        static_cast<double>(shape.batch * shape.spatial + 100) * kEpsilon<Backend>;
    EXPECT_TRUE(near(dx->values(), expected.dx, 4 * tolerance, 4 * tolerance));
    EXPECT_TRUE(near(dweight->values(), expected.dweight, sum_tolerance, 4 * sum_tolerance));
    EXPECT_TRUE(near(dbias->values(), expected.dbias, sum_tolerance, sum_tolerance));
  }
};
TYPED_TEST_SUITE(BatchNormKernels, Backends, BackendNames);

TYPED_TEST(BatchNormKernels, Formulas) {
  for (const BatchNormShape& shape : kBatchNormShapes) {
    for (const bool training : {true, false}) {
      TestFixture::check(shape, training, {}, false);
      TestFixture::check(shape, training, {~0u}, true);
    }
  }
}

TYPED_TEST(BatchNormKernels, NothingButTheRunningStatistics) {
  for (const BatchNormShape& shape : {BatchNormShape{0, 3, 1}, {2, 3, 0}, {0, 40, 5}}) {
    TestFixture::check(shape, false, {}, false);
    TestFixture::check(shape, false, {}, true);
  }
  TestFixture::check({2, 0, 1}, true, {}, false);
  TestFixture::check({2, 0, 3}, true, {}, false);
}

// Each gradient alone, as a frozen layer asks for it.
TYPED_TEST(BatchNormKernels, GradientsAlone) {
  using Real = typename TypeParam::Real;
  const std::vector<Real> ones(6, 1), xs = {1, 2, 3, 5, 8, 13};
  const Buffer<TypeParam> x(xs), dy(ones), weight(std::vector<Real>{2, 2}),
      mean(std::vector<Real>{4, 20.0 / 3}), inv_std(std::vector<Real>{1, 1});
  kernels::BatchNormBackward<Real> args;
  args.shape = {3, 2, 1};
  args.dy = dy.data();
  args.x = x.data();
  args.weight = weight.data();
  args.mean = mean.data();
  args.inv_std = inv_std.data();
  args.training = false;
  const Buffer<TypeParam> dx(6), dweight(2), dbias(2);
  args.dx = dx.data();
  kernels::batch_norm_backward(TypeParam::stream(), args);
  args.dx = nullptr, args.dweight = dweight.data();
  kernels::batch_norm_backward(TypeParam::stream(), args);
  args.dweight = nullptr, args.dbias = dbias.data();
  kernels::batch_norm_backward(TypeParam::stream(), args);
  EXPECT_TRUE(near(dx.values(), std::vector<Real>(6, 2), 0, 0));
  EXPECT_TRUE(near(dweight.values(), std::vector<double>{0, 0}, 0, 16 * kEpsilon<TypeParam>));
  EXPECT_TRUE(near(dbias.values(), std::vector<Real>{3, 3}, 0, 0));
}

// Far from 0, where the mean of the squares less the square of the mean would have no digit left.
TYPED_TEST(BatchNormKernels, NoCancellationFarFromZero) {
  using Real = typename TypeParam::Real;
  constexpr std::int64_t kValues = 4096;
  std::vector<Real> values;
  for (std::int64_t i = 0; i < kValues; ++i) values.push_back(Real(4096) + (i % 2 == 0 ? 1 : -1));
  const Buffer<TypeParam> x(values), one(std::vector<Real>{1}), zero(std::vector<Real>{0}),
      running_mean(std::vector<Real>{0}), running_var(std::vector<Real>{1}), mean(1), inv_std(1),
      y(kValues);
  kernels::BatchNormForward<Real> args;
  args.shape = {kValues, 1, 1};
  args.x = x.data();
  args.weight = one.data();
  args.bias = zero.data();
  args.running_mean = running_mean.data();
  args.running_var = running_var.data();
  args.mean = mean.data();
  args.inv_std = inv_std.data();
  args.y = y.data();
  kernels::batch_norm_forward(TypeParam::stream(), args);
  EXPECT_TRUE(near(mean.values(), std::vector<double>{4096}, 0, 0));
  EXPECT_TRUE(near(inv_std.values(), std::vector<double>{1}, 8 * kEpsilon<TypeParam>, 0));
}

}  // namespace
}  // namespace kiln::test
