// SPDX-License-Identifier: MIT
#include "kernels/sgd.h"

#include <algorithm>
#include <cmath>

#include "tests/kernels/device_value.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::SgdConfig;
using kernels::UpdateState;

struct Descent {
  std::vector<double> p, m, average;
};

// The formulas of sgd.h, written out.
void expect_step(const SgdConfig& config, int t, const std::vector<double>& grad, Descent& state) {
  const double rate =
      config.learning_rate * (t < config.warmup_steps ? 1.0 * t / config.warmup_steps : 1);
  const double decay = std::min(config.average_decay, (1.0 + t) / (10.0 + t));
  for (std::size_t i = 0; i < grad.size(); ++i) {
    const double g = grad[i] + config.weight_decay * state.p[i];
    state.m[i] = config.momentum * state.m[i] + g;
    state.p[i] -= rate * (config.nesterov ? g + config.momentum * state.m[i] : state.m[i]);
    state.average[i] += (1 - decay) * (state.p[i] - state.average[i]);
  }
}

template <class Backend>
class Sgd : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;
  static constexpr double kTolerance = 64 * kEpsilon<Backend>;

  static void expect_formula(const SgdConfig& config, std::int64_t n, Layout layout) {
    const bool has_momentum = config.momentum > 0, has_average = config.average_decay > 0;
    Descent expected = {random_values<double>(n, -1, 1, 1),
                        std::vector<double>(static_cast<std::size_t>(n)),
                        random_values<double>(n, -1, 1, 2)};
    const Buffer<Backend> p(expected.p, layout(0)), m(expected.m, layout(1)),
        average(expected.average, layout(2));
    const DeviceValue<Backend, UpdateState<Real>> state(UpdateState<Real>::first(config));
    for (int t = 1; t <= 5; ++t) {
      const std::vector<double> grad =
          random_values<double>(n, -1, 1, 10 + static_cast<std::uint32_t>(t));
      const Buffer<Backend> g(grad, layout(3));
      kernels::update(Backend::stream(), config, state.data(),
                      {p.data(), g.data(), has_momentum ? m.data() : nullptr, nullptr,
                       has_average ? average.data() : nullptr, n});
      expect_step(config, t, grad, expected);
    }
    EXPECT_EQ(state.value().t, 6);
    EXPECT_TRUE(near(p.values(), expected.p, kTolerance, kTolerance));
    if (has_momentum) {
      EXPECT_TRUE(near(m.values(), expected.m, kTolerance, kTolerance));
    }
    if (has_average) {
      EXPECT_TRUE(near(average.values(), expected.average, kTolerance, kTolerance));
    }
  }
};
TYPED_TEST_SUITE(Sgd, Backends, BackendNames);

TYPED_TEST(Sgd, AnySizeAndAlignment) {
  for_each_size([](std::int64_t n, Layout layout) {
    TestFixture::expect_formula({.learning_rate = 0.1}, n, layout);
    TestFixture::expect_formula({0.1, 0.9, 0.01, true, 3, 0.4}, n, layout);
  });
}

TYPED_TEST(Sgd, EverySettingAlone) {
  constexpr std::int64_t kSize = 1031;
  for (const SgdConfig& config : {SgdConfig{.momentum = 0.9}, SgdConfig{.weight_decay = 0.1},
                                  SgdConfig{.momentum = 0.5, .nesterov = true},
                                  SgdConfig{.warmup_steps = 4}, SgdConfig{.average_decay = 0.3}}) {
    TestFixture::expect_formula(config, kSize, {});
  }
}

TYPED_TEST(Sgd, LargeArenaAndTheSameBits) {
  const auto run = [] {
    const SgdConfig config = {.learning_rate = 0.5, .momentum = 0.5};
    using Real = typename TypeParam::Real;
    const Buffer<TypeParam> p(std::vector<double>(kLargeSize, 1.0)),
        g(std::vector<double>(kLargeSize, 0.25)), m(std::vector<double>(kLargeSize, 1.0));
    const DeviceValue<TypeParam, UpdateState<Real>> state(UpdateState<Real>::first(config));
    kernels::update(TypeParam::stream(), config, state.data(),
                    {p.data(), g.data(), m.data(), nullptr, nullptr, p.size()});
    return p.values();
  };
  const auto first = run();
  EXPECT_TRUE(same_bits(first, run()));
  EXPECT_TRUE(near(first, std::vector<double>(kLargeSize, 0.625), 0, 0));
}

}  // namespace
}  // namespace kiln::test
