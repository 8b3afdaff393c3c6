// SPDX-License-Identifier: MIT
#include "engine/optim/any_optimizer.h"

#include <cmath>
#include <limits>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using optim::AnyOptimizer;
using optim::OptimizerChoice;
using optim::OptimizerKind;
using optim::ParameterArena;

class AnyOptimizerTest : public PlaceTest {
 protected:
  // Three updates with gradients 3 and -4.
  template <class Optimizer, class Config>
  std::vector<double> updated_by(const Config& config, double rate = 0.25) const {
    const Tensor w = leaf({1, 2}, {2});
    ParameterArena arena({w});
    Optimizer optimizer(arena, config);
    for (int step = 0; step < 3; ++step) {
      if (step == 2) optimizer.set_learning_rate(rate);
      backward(sum(w * tensor({3, -4}, {2})));
      optimizer.step();
    }
    return values_of(w);
  }
  std::vector<double> chosen(const OptimizerChoice& choice) const {
    return updated_by<AnyOptimizer>(choice);
  }
};

TEST_P(AnyOptimizerTest, IsTheOneThatIsNamed) {
  const auto named = [](const std::string& name) { return optim::optimizer_kind_from_name(name); };
  EXPECT_TRUE(same_bits(
      chosen({.kind = named("adam"), .learning_rate = 0.5, .weight_decay = 0.1}),
      updated_by<optim::Adam>(optim::AdamConfig{.learning_rate = 0.5, .weight_decay = 0.1})));
  EXPECT_TRUE(
      same_bits(chosen({.kind = named("adamw"), .learning_rate = 0.5, .weight_decay = 0.1}),
                updated_by<optim::Adam>(optim::AdamConfig{
                    .learning_rate = 0.5, .weight_decay = 0.1, .decoupled_weight_decay = true})));
  EXPECT_TRUE(same_bits(chosen({.kind = named("sgd"),
                                .learning_rate = 0.5,
                                .weight_decay = 0.1,
                                .momentum = 0.5,
                                .nesterov = true,
                                .warmup_steps = 2}),
                        updated_by<optim::Sgd>(optim::SgdConfig{.learning_rate = 0.5,
                                                                .momentum = 0.5,
                                                                .weight_decay = 0.1,
                                                                .nesterov = true,
                                                                .warmup_steps = 2})));
  EXPECT_TRUE(same_bits(
      chosen(
          {.kind = named("rmsprop"), .learning_rate = 0.5, .weight_decay = 0.1, .momentum = 0.5}),
      updated_by<optim::Rmsprop>(
          optim::RmspropConfig{.learning_rate = 0.5, .momentum = 0.5, .weight_decay = 0.1})));
  expect_error([&] { named("lbfgs"); },
               "optimizer 'lbfgs' is unknown: use adam, adamw, sgd or rmsprop");
}

TEST_P(AnyOptimizerTest, ClipsTheGradients) {
  const OptimizerChoice sgd = {.kind = OptimizerKind::sgd, .learning_rate = 0.25};
  EXPECT_TRUE(near(chosen(sgd), std::vector<double>{1 - 2.25, 2 + 3}, 1e-6, 0));
  OptimizerChoice by_norm = sgd, by_value = sgd, by_both = sgd;
  by_norm.max_grad_norm = 0.5;
  by_value.max_grad_value = 1;
  by_both.max_grad_norm = by_both.max_grad_value = 1;
  EXPECT_TRUE(near(chosen(by_norm), std::vector<double>{1 - 0.225, 2 + 0.3}, 1e-5, 0));
  EXPECT_TRUE(near(chosen(by_value), std::vector<double>{1 - 0.75, 2 + 0.75}, 1e-6, 0));
  const double length = 0.75 / std::sqrt(2.0);
  EXPECT_TRUE(near(chosen(by_both), std::vector<double>{1 - length, 2 + length}, 1e-5, 0));
}

TEST_P(AnyOptimizerTest, Errors) {
  ParameterArena arena({leaf({1}, {1})});
  const auto make = [&](const OptimizerChoice& choice) { AnyOptimizer optimizer(arena, choice); };
  expect_error([&] { make({.momentum = 0.9}); },
               "[optimizer] adam has no momentum to set: that is of sgd and rmsprop");
  expect_error([&] { make({.kind = OptimizerKind::rmsprop, .nesterov = true}); },
               "[optimizer] nesterov is of sgd alone");
  expect_error([&] { make({.max_grad_norm = -1}); },
               "[optimizer] gradient norm -1.000000 is not a number of at least 0");
  expect_error([&] { make({.max_grad_value = std::numeric_limits<double>::quiet_NaN()}); },
               "[optimizer] gradient value nan is not a number of at least 0");
  expect_error([&] { make({.kind = OptimizerKind::sgd, .learning_rate = -1}); },
               "[sgd] learning rate -1.000000 is not a number of at least 0");
}

KILN_ON_EVERY_PLACE(AnyOptimizerTest);

}  // namespace
}  // namespace kiln::test
