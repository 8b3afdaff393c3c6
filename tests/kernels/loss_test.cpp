// SPDX-License-Identifier: MIT
#include "kernels/loss.h"

#include <limits>

#include "tests/kernels/losses.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class LossKernels : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;
  using Args = kernels::LossArgs<Real>;
  static constexpr double kTolerance = 64 * kEpsilon<Backend>;

  // Probabilities serve every loss. An empty t stands for the constant.
  template <class Loss>
  static Real forward(Loss loss, const std::vector<Real>& x, const std::vector<Real>& t,
                      Real constant, Layout layout = {}) {
    const Buffer<Backend> xs(x, layout(0)), ts(t, layout(1)), out(1, layout(2)),
        workspace(kernels::kSumWorkspace, layout(3));
    kernels::loss_forward(Backend::stream(), loss,
                          Args{xs.data(),
                               {t.empty() ? nullptr : ts.data(), constant},
                               xs.size(),
                               mean_scale(xs.size())},
                          {}, out.data(), workspace.data());
    return out.values()[0];
  }

  template <class Loss>
  static std::vector<Real> backward(Loss loss, Real dout, const std::vector<Real>& x,
                                    const std::vector<Real>& t, Real constant,
                                    const std::vector<Real>& old, bool accumulate,
                                    Layout layout = {}) {
    const Buffer<Backend> xs(x, layout(0)), ts(t, layout(1)), dx(old, layout(2)),
        douts(std::vector<Real>{dout}, layout(3));
    kernels::loss_backward(Backend::stream(), loss, douts.data(),
                           Args{xs.data(),
                                {t.empty() ? nullptr : ts.data(), constant},
                                xs.size(),
                                mean_scale(xs.size()),
                                dx.data()},
                           accumulate);
    return dx.values();
  }

  static Real mean_scale(std::int64_t n) { return Real(1) / static_cast<Real>(n); }

  template <class Loss>
  static double expected_mean(Loss loss, const std::vector<Real>& x, const std::vector<Real>& t,
                              Real constant) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum +=
          loss.value(static_cast<double>(x[i]), static_cast<double>(t.empty() ? constant : t[i]));
    }
    return x.empty() ? 0 : sum / static_cast<double>(x.size());
  }
};
TYPED_TEST_SUITE(LossKernels, Backends, BackendNames);

TYPED_TEST(LossKernels, Forward) {
  using Real = typename TypeParam::Real;
  for_each_loss([](auto loss) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const auto x = random_values<Real>(n, 0.05, 0.95, 1), t = random_values<Real>(n, 0, 1, 2);
      for (const Real constant : {Real(0), Real(1), Real(0.25)}) {
        EXPECT_TRUE(near(TestFixture::forward(loss, x, {}, constant, layout),
                         TestFixture::expected_mean(loss, x, {}, constant), TestFixture::kTolerance,
                         TestFixture::kTolerance));
      }
      EXPECT_TRUE(near(TestFixture::forward(loss, x, t, Real(7), layout),
                       TestFixture::expected_mean(loss, x, t, Real(7)), TestFixture::kTolerance,
                       TestFixture::kTolerance));
    });
  });
}

TYPED_TEST(LossKernels, Backward) {
  using Real = typename TypeParam::Real;
  for_each_loss([](auto loss) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const auto x = random_values<Real>(n, 0.05, 0.95, 1), t = random_values<Real>(n, 0, 1, 2),
                 old = random_values<Real>(n, -1, 1, 3);
      const Real dout(1.5);
      for (const bool accumulate : {false, true}) {
        for (const bool constant : {false, true}) {
          std::vector<double> expected;
          for (std::size_t i = 0; i < x.size(); ++i) {
            const double gradient = 1.5 / static_cast<double>(n) *
                                    loss.derivative(static_cast<double>(x[i]),
                                                    constant ? 0.25 : static_cast<double>(t[i]));
            expected.push_back(accumulate ? static_cast<double>(old[i]) + gradient : gradient);
          }
          const auto before =
              accumulate ? old
                         : std::vector<Real>(x.size(), std::numeric_limits<Real>::quiet_NaN());
          const auto actual =
              TestFixture::backward(loss, dout, x, constant ? std::vector<Real>{} : t, Real(0.25),
                                    before, accumulate, layout);
          EXPECT_TRUE(near(actual, expected, 32 * kEpsilon<TypeParam>, 32 * kEpsilon<TypeParam>));
        }
      }
    });
  });
}

// The value is that of a forward pass alone, the gradient that of the backward pass times the
// derivative of the activation whose output x is.
TYPED_TEST(LossKernels, ForwardMakesTheGradient) {
  using Real = typename TypeParam::Real;
  for_each_loss([](auto loss) {
    const auto run = [&](std::int64_t n, Layout layout) {
      for (const kernels::Activation act : {kernels::Activation{kernels::ActivationKind::identity},
                                            {kernels::ActivationKind::sigmoid}}) {
        const auto x = random_values<Real>(n, 0.05, 0.95, 1), t = random_values<Real>(n, 0, 1, 2);
        const Real scale(0.75);
        const Buffer<TypeParam> xs(x, layout(0)), ts(t, layout(1)), dx(n, layout(2)), out(1),
            workspace(kernels::kSumWorkspace);
        kernels::loss_forward(
            TypeParam::stream(), loss,
            kernels::LossArgs<Real>{xs.data(), {ts.data(), 0}, n, scale, dx.data()}, act,
            out.data(), workspace.data());
        double sum = 0;
        std::vector<double> expected;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const double xi = static_cast<double>(x[i]), ti = static_cast<double>(t[i]);
          sum += 0.75 * loss.value(xi, ti);
          expected.push_back(0.75 * loss.derivative(xi, ti) *
                             (act.kind == kernels::ActivationKind::sigmoid ? xi * (1 - xi) : 1));
        }
        EXPECT_TRUE(near(out.values()[0], sum, TestFixture::kTolerance, TestFixture::kTolerance));
        EXPECT_TRUE(
            near(dx.values(), expected, 32 * kEpsilon<TypeParam>, 32 * kEpsilon<TypeParam>));
      }
    };
    for_each_size(run);
    for (const std::int64_t n : {8192, 10007}) run(n, {});
  });
}

// Each term and its derivative count as often as the element's weight says.
TYPED_TEST(LossKernels, Weights) {
  using Real = typename TypeParam::Real;
  for_each_loss([](auto loss) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const auto x = random_values<Real>(n, 0.05, 0.95, 1), t = random_values<Real>(n, 0, 1, 2),
                 w = random_values<Real>(n, 0, 2, 3);
      const Buffer<TypeParam> xs(x, layout(0)), ts(t, layout(1)), ws(w, layout(2)),
          dx(n, layout(3)), out(1), workspace(kernels::kSumWorkspace);
      double sum = 0;
      std::vector<double> slopes;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double xi = static_cast<double>(x[i]), ti = static_cast<double>(t[i]);
        const double scale = 0.75 * static_cast<double>(w[i]);
        sum += scale * loss.value(xi, ti);
        slopes.push_back(scale * loss.derivative(xi, ti));
      }
      for (Real* gradient : {static_cast<Real*>(nullptr), dx.data()}) {
        kernels::loss_forward(
            TypeParam::stream(), loss,
            typename TestFixture::Args{xs.data(), {ts.data(), 0}, n, Real(0.75), gradient}, {},
            out.data(), workspace.data(), ws.data());
        EXPECT_TRUE(near(out.values()[0], sum, TestFixture::kTolerance, TestFixture::kTolerance));
      }
      constexpr double kElement = 32 * kEpsilon<TypeParam>;
      EXPECT_TRUE(near(dx.values(), slopes, kElement, kElement));
    });
  });
}

// At probabilities of exactly 0 and 1 the logs are clamped at -100 and the gradient's denominator
// at 1e-12, whatever the device's log makes of 0.
TYPED_TEST(LossKernels, LogLossAtTheEnds) {
  using Real = typename TypeParam::Real;
  const std::vector<Real> x = {0, 0, 1, 1}, t = {0, 1, 0, 1};
  EXPECT_TRUE(near(TestFixture::forward(kernels::LogLoss{}, x, t, Real(0)), 50, 0, 0));
  const auto gradient = TestFixture::backward(kernels::LogLoss{}, Real(4), x, t, Real(0), x, false);
  EXPECT_TRUE(near(gradient, std::vector<double>{0, -1e12, 1e12, 0}, 1e-6, 0));
}

TYPED_TEST(LossKernels, LogitsFarFromZero) {
  using Real = typename TypeParam::Real;
  for (const double size : {100.0, 1e4}) {
    const Real l = static_cast<Real>(size);
    const std::vector<Real> x = {l, -l, l, -l}, t = {0, 1, 1, 0};
    EXPECT_TRUE(near(TestFixture::forward(kernels::BceWithLogits{}, x, t, Real(0)), size / 2,
                     4 * kEpsilon<TypeParam>, 0));
    const auto gradient =
        TestFixture::backward(kernels::BceWithLogits{}, Real(4), x, t, Real(0), x, false);
    EXPECT_TRUE(near(gradient, std::vector<double>{1, -1, 0, 0}, 0, 1e-30));
  }
}

TYPED_TEST(LossKernels, ManyElementsAndTheSameBits) {
  using Real = typename TypeParam::Real;
  const auto x = random_values<Real>(kLargeSize, 0.05, 0.95, 1);
  const kernels::BceWithLogits loss;
  const Real mean = TestFixture::forward(loss, x, {}, Real(1));
  EXPECT_TRUE(
      near(mean, TestFixture::expected_mean(loss, x, {}, Real(1)), TestFixture::kTolerance, 0));
  EXPECT_EQ(mean, TestFixture::forward(loss, x, {}, Real(1)));
}

// Each element meets its own target and weight, and what is written is its own gradient.
TYPED_TEST(LossKernels, ManyElementsMeetTheirOwn) {
  using Real = typename TypeParam::Real;
  const auto x = random_values<Real>(kLargeSize, 0.05, 0.95, 1),
             t = random_values<Real>(kLargeSize, 0, 1, 2),
             w = random_values<Real>(kLargeSize, 0, 2, 3);
  const kernels::SquaredError loss;
  const Buffer<TypeParam> xs(x), ts(t), ws(w), dx(xs.size()), out(1),
      workspace(kernels::kSumWorkspace);
  kernels::loss_forward(
      TypeParam::stream(), loss,
      typename TestFixture::Args{xs.data(), {ts.data(), 0}, xs.size(), Real(1), dx.data()}, {},
      out.data(), workspace.data(), ws.data());
  std::vector<double> expected;
  for (std::size_t i = 0; i < x.size(); ++i) {
    expected.push_back(static_cast<double>(w[i]) *
                       loss.derivative(static_cast<double>(x[i]), static_cast<double>(t[i])));
  }
  constexpr double kElement = 32 * kEpsilon<TypeParam>;
  EXPECT_TRUE(near(dx.values(), expected, kElement, kElement));
}

TYPED_TEST(LossKernels, NanReachesTheMean) {
  using Real = typename TypeParam::Real;
  for_each_loss([](auto loss) {
    std::vector<Real> x(1031, Real(0.5));
    x.back() = std::numeric_limits<Real>::quiet_NaN();
    EXPECT_TRUE(std::isnan(TestFixture::forward(loss, x, {}, Real(1))));
  });
}

}  // namespace
}  // namespace kiln::test
