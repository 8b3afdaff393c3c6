// SPDX-License-Identifier: MIT
#include "kernels/adam.h"

#include <algorithm>
#include <cmath>

#include "tests/kernels/device_value.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::AdamConfig;
using kernels::AdamRule;
using kernels::AdamState;

struct State {
  std::vector<double> p, m, v;
};

template <class Backend>
class Adam : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;
  static constexpr double kTolerance = 32 * kEpsilon<Backend>;

  // Applies step 1 .. steps with the gradients that gradient(t) gives.
  template <class F>
  static void run(const AdamConfig& config, int steps, F gradient, State& state,
                  Layout layout = {}) {
    const Buffer<Backend> p(state.p, layout(0)), m(state.m, layout(1)), v(state.v, layout(2));
    const DeviceValue<Backend, AdamState<Real>> adam_state(AdamState<Real>::first(config));
    for (int t = 1; t <= steps; ++t) {
      const Buffer<Backend> g(gradient(t), layout(3));
      kernels::update(Backend::stream(), config, adam_state.data(),
                      {p.data(), g.data(), m.data(), v.data(), nullptr, p.size()});
    }
    const auto to_double = [](const Buffer<Backend>& buffer) {
      const auto values = buffer.values();
      return std::vector<double>(values.begin(), values.end());
    };
    state = {to_double(p), to_double(m), to_double(v)};
  }

  static void expect_near(const State& actual, const State& expected) {
    EXPECT_TRUE(near(actual.p, expected.p, kTolerance, kTolerance));
    EXPECT_TRUE(near(actual.m, expected.m, kTolerance, kTolerance));
    EXPECT_TRUE(near(actual.v, expected.v, kTolerance, kTolerance * 1e-3));
  }
};
TYPED_TEST_SUITE(Adam, Backends, BackendNames);

// PyTorch 2, in float64:
//   p = torch.tensor([1.0, -0.5, 0.25, 0.0], requires_grad=True)
//   o = torch.optim.Adam([p], lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=wd)
//   for t in 1..5: p.grad = torch.tensor([0.5, -0.25, 1e-4, 0.0]) * t
//                           - torch.tensor([0, 0, 0, 0.125]); o.step()
//   p, o.state[p]['exp_avg'], o.state[p]['exp_avg_sq']
// epsilon is large and one gradient small, so that epsilon in another place gives other numbers.
std::vector<double> golden_gradient(int t) { return {0.5 * t, -0.25 * t, 1e-4 * t, -0.125}; }

TYPED_TEST(Adam, IsPyTorchs) {
  const AdamConfig config = {0.01, 0.8, 0.95, 1e-3, 0};
  State state = {{1, -0.5, 0.25, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}};
  State first = state;
  TestFixture::run(config, 1, golden_gradient, first);
  TestFixture::expect_near(
      first, {{0.9900199600798403, -0.4900398406374502, 0.24909090909090909, 0.00992063492063492},
              {0.1, -0.05, 2e-05, -0.025},
              {0.0125, 0.003125, 5e-10, 0.00078125}});
  TestFixture::run(config, 5, golden_gradient, state);
  TestFixture::expect_near(
      state, {{0.9504866517336676, -0.45054064554304823, 0.24125584902749037, 0.04960317460317461},
              {1.15536, -0.57768, 0.000231072, -0.08404},
              {0.6570813281250005, 0.16427033203125013, 2.6283253125e-08, 0.003534672851562503}});
}

TYPED_TEST(Adam, IsPyTorchsWithWeightDecay) {
  const AdamConfig config = {0.01, 0.8, 0.95, 1e-3, 0.1};
  State state = {{1, -0.5, 0.25, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}};
  TestFixture::run(config, 5, golden_gradient, state);
  TestFixture::expect_near(
      state,
      {{0.9502310678980748, -0.45027682090752674, 0.2022543149089088, 0.049542616043707896},
       {1.2209684270945607, -0.609674302820087, 0.01546858561232589, -0.0824155063648066},
       {0.72752563355207, 0.18138284348664221, 0.00012308435477226522, 0.003418198312605133}});
}

TYPED_TEST(Adam, AnySizeAndAlignment) {
  const AdamConfig config = {0.01, 0.5, 0.999, 1e-8, 0.01};
  for_each_size([&](std::int64_t n, Layout layout) {
    State state = {random_values<double>(n, -1, 1, 1), random_values<double>(n, -1, 1, 2),
                   random_values<double>(n, 0.25, 1, 3)};
    State expected = state;
    const auto gradient = [n](int t) {
      return random_values<double>(n, -1, 1, 10 + static_cast<std::uint32_t>(t));
    };
    const AdamRule<double> rule(config);
    AdamState<double> now = AdamState<double>::first(config);
    for (int t = 1; t <= 2; ++t) {
      const auto g = gradient(t);
      for (std::size_t i = 0; i < g.size(); ++i) {
        rule.update(now, expected.p[i], g[i], expected.m[i], expected.v[i]);
      }
      now.advance(config);
    }
    TestFixture::run(config, 2, gradient, state, layout);
    EXPECT_TRUE(near(state.p, expected.p, TestFixture::kTolerance, TestFixture::kTolerance));
    EXPECT_TRUE(near(state.m, expected.m, TestFixture::kTolerance, TestFixture::kTolerance));
    EXPECT_TRUE(near(state.v, expected.v, TestFixture::kTolerance, TestFixture::kTolerance));
  });
}

TYPED_TEST(Adam, LargeArenaAndTheSameBits) {
  const AdamConfig config;
  const std::vector<double> ones(kLargeSize, 1.0);
  const State start = {ones, std::vector<double>(kLargeSize), std::vector<double>(kLargeSize)};
  State first = start, second = start;
  const auto gradient = [&](int) { return ones; };
  TestFixture::run(config, 1, gradient, first);
  TestFixture::run(config, 1, gradient, second);
  EXPECT_TRUE(same_bits(first.p, second.p));
  // A first step moves each weight by the learning rate against its gradient's sign.
  EXPECT_TRUE(near(first.p, std::vector<double>(kLargeSize, 0.999), 1e-6, 0));
}

// The state moves on in the device's memory; the formulas of adam.h, written out.
TYPED_TEST(Adam, StateWarmUpAndAverage) {
  using Real = typename TypeParam::Real;
  AdamConfig config = {0.25, 0.5, 0.75, 1e-3, 0, 4, 0.4};
  const std::int64_t n = 1031;
  const std::vector<Real> ones(static_cast<std::size_t>(n), Real(1));
  const Buffer<TypeParam> p(ones), g(ones), m(std::vector<Real>(ones.size())),
      v(std::vector<Real>(ones.size())), average(ones);
  const DeviceValue<TypeParam, AdamState<Real>> state(AdamState<Real>::first(config));
  double expected_p = 1, expected_average = 1, expected_m = 0, expected_v = 0;
  for (int t = 1; t <= 7; ++t) {
    const AdamState<Real> now = state.value();
    EXPECT_EQ(now.t, t);
    EXPECT_EQ(now.learning_rate, Real(0.25));
    kernels::update(TypeParam::stream(), config, state.data(),
                    {p.data(), g.data(), m.data(), v.data(), average.data(), n});
    expected_m = 0.5 * expected_m + 0.5;
    expected_v = 0.75 * expected_v + 0.25;
    expected_p -= 0.25 * std::min(1.0, t / 4.0) / (1 - std::pow(0.5, t)) * expected_m /
                  (std::sqrt(expected_v) / std::sqrt(1 - std::pow(0.75, t)) + 1e-3);
    const double decay = std::min(0.4, (1.0 + t) / (10.0 + t));
    expected_average += (1 - decay) * (expected_p - expected_average);
    EXPECT_TRUE(near(p.values(), std::vector<double>(ones.size(), expected_p),
                     TestFixture::kTolerance, TestFixture::kTolerance));
    EXPECT_TRUE(near(average.values(), std::vector<double>(ones.size(), expected_average),
                     TestFixture::kTolerance, TestFixture::kTolerance));
  }
}

}  // namespace
}  // namespace kiln::test
