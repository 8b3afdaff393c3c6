// SPDX-License-Identifier: MIT
#include "kernels/rmsprop.h"

#include <algorithm>
#include <cmath>

#include "tests/kernels/device_value.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::RmspropConfig;
using kernels::UpdateState;

struct Updated {
  std::vector<double> p, square_avg, momentum_buffer, average;
};

// The formulas of rmsprop.h, written out.
void expect_update(const RmspropConfig& config, int t, const std::vector<double>& grad,
                   Updated& state) {
  const double rate =
      config.learning_rate * (t < config.warmup_steps ? 1.0 * t / config.warmup_steps : 1);
  const double decay = std::min(config.average_decay, (1.0 + t) / (10.0 + t));
  for (std::size_t i = 0; i < grad.size(); ++i) {
    const double g = grad[i] + config.weight_decay * state.p[i];
    double& s = state.square_avg[i];
    double& b = state.momentum_buffer[i];
    s = config.alpha * s + (1 - config.alpha) * g * g;
    b = config.momentum * b + g / (std::sqrt(s) + config.epsilon);
    state.p[i] -= rate * b;
    state.average[i] += (1 - decay) * (state.p[i] - state.average[i]);
  }
}

template <class Backend>
class Rmsprop : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;
  static constexpr double kTolerance = 64 * kEpsilon<Backend>;

  static void expect_formula(const RmspropConfig& config, std::int64_t n, Layout layout) {
    const bool has_momentum = config.momentum > 0, has_average = config.average_decay > 0;
    Updated expected = {random_values<double>(n, -1, 1, 1), random_values<double>(n, 0.25, 1, 3),
                        std::vector<double>(static_cast<std::size_t>(n)),
                        random_values<double>(n, -1, 1, 2)};
    const Buffer<Backend> p(expected.p, layout(0)), square_avg(expected.square_avg, layout(1)),
        momentum_buffer(expected.momentum_buffer, layout(2)), average(expected.average, layout(2));
    const DeviceValue<Backend, UpdateState<Real>> state(UpdateState<Real>::first(config));
    for (int t = 1; t <= 5; ++t) {
      const std::vector<double> grad =
          random_values<double>(n, -1, 1, 10 + static_cast<std::uint32_t>(t));
      const Buffer<Backend> g(grad, layout(3));
      kernels::update(
          Backend::stream(), config, state.data(),
          {p.data(), g.data(), square_avg.data(), has_momentum ? momentum_buffer.data() : nullptr,
           has_average ? average.data() : nullptr, n});
      expect_update(config, t, grad, expected);
    }
    EXPECT_EQ(state.value().t, 6);
    EXPECT_TRUE(near(p.values(), expected.p, kTolerance, kTolerance));
    EXPECT_TRUE(near(square_avg.values(), expected.square_avg, kTolerance, kTolerance));
    if (has_momentum) {
      EXPECT_TRUE(near(momentum_buffer.values(), expected.momentum_buffer, kTolerance, kTolerance));
    }
    if (has_average) {
      EXPECT_TRUE(near(average.values(), expected.average, kTolerance, kTolerance));
    }
  }
};
TYPED_TEST_SUITE(Rmsprop, Backends, BackendNames);

TYPED_TEST(Rmsprop, AnySizeAndAlignment) {
  for_each_size([](std::int64_t n, Layout layout) {
    TestFixture::expect_formula({.learning_rate = 0.1}, n, layout);
    TestFixture::expect_formula({0.1, 0.8, 1e-3, 0.9, 0.01, 3, 0.4}, n, layout);
  });
}

TYPED_TEST(Rmsprop, EverySettingAlone) {
  constexpr std::int64_t kSize = 1031;
  for (const RmspropConfig& config :
       {RmspropConfig{.alpha = 0.5}, RmspropConfig{.epsilon = 0.1}, RmspropConfig{.momentum = 0.9},
        RmspropConfig{.weight_decay = 0.1}, RmspropConfig{.warmup_steps = 4},
        RmspropConfig{.average_decay = 0.3}}) {
    TestFixture::expect_formula(config, kSize, {});
  }
}

}  // namespace
}  // namespace kiln::test
