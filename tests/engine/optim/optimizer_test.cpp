// SPDX-License-Identifier: MIT
// Settings, errors and side effects of the optimizers; their arithmetic is in golden_test.cpp.
#include <cmath>
#include <limits>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "engine/optim/adam.h"
#include "engine/optim/clip_grad.h"
#include "engine/optim/ema.h"
#include "engine/optim/rmsprop.h"
#include "engine/optim/sgd.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using optim::Adam;
using optim::AdamConfig;
using optim::ParameterArena;
using optim::Rmsprop;
using optim::RmspropConfig;
using optim::Sgd;
using optim::SgdConfig;

using OptimizerTest = PlaceTest;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST_P(OptimizerTest, StepForgetsTheGradients) {
  const Tensor w = leaf({1, 2}, {2});
  ParameterArena arena({w});
  Sgd sgd(arena, {.learning_rate = 1});
  backward(sum(w * 3.0));
  sgd.step();
  EXPECT_TRUE(same_bits(values_of(w), {-2, -1}));
  EXPECT_TRUE(same_bits(values_of(w.grad()), {0, 0}));
  sgd.step();
  EXPECT_TRUE(same_bits(values_of(w), {-2, -1}));
}

TEST_P(OptimizerTest, LearningRateCanChange) {
  const Tensor w = leaf({1}, {1});
  ParameterArena arena({w});
  Adam adam(arena, {.learning_rate = 0});
  backward(sum(w));
  adam.step();
  EXPECT_EQ(w.item(), 1);
  EXPECT_EQ(adam.num_steps(), 1);
  adam.set_learning_rate(0.5);
  EXPECT_EQ(adam.config().learning_rate, 0.5);
  backward(sum(w));
  adam.step();
  EXPECT_TRUE(near(w.item(), 0.5, 1e-6, 0));

  Sgd sgd(arena, {.learning_rate = 0});
  sgd.set_learning_rate(0.25);
  EXPECT_EQ(sgd.config().learning_rate, 0.25);
  backward(sum(w));
  sgd.step();
  EXPECT_EQ(sgd.num_steps(), 1);
  EXPECT_TRUE(near(w.item(), 0.25, 1e-6, 0));
}

// At the first update it takes 9 of 11 parts of the new weights, unless its decay is below 2/11.
TEST_P(OptimizerTest, SgdKeepsAnAverage) {
  const Tensor w = leaf({1, 2}, {2});
  ParameterArena arena({w});
  const Tensor average = arena.values().detach().clone();
  Sgd sgd(arena, {.learning_rate = 1, .average_decay = 0.125}, average);
  backward(sum(w));
  sgd.step();
  const std::vector<double> kept = values_of(average);
  EXPECT_EQ(kept[0], 0.125);
  EXPECT_EQ(kept[1], 1.125);
}

// Between parameters the arena holds zeros, whatever the updates do.
TEST_P(OptimizerTest, PaddingStaysZero) {
  const Tensor a = leaf({1, 2, 3}, {3}), b = leaf({4}, {});
  ParameterArena arena({a, b});
  Adam adam(arena, {.learning_rate = 0.1, .weight_decay = 0.1});
  for (int step = 0; step < 5; ++step) {
    backward(sum(square(a)) * b);
    adam.step();
  }
  const std::vector<double> values = values_of(arena.values());
  ASSERT_EQ(values.size(), 128u);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i] == 0, i != 64 && i >= 3) << i << ": " << values[i];
    EXPECT_FALSE(std::isnan(values[i]));
  }
}

TEST_P(OptimizerTest, AdamErrors) {
  ParameterArena arena({leaf({1}, {1})});
  const auto make = [&](AdamConfig config) { Adam adam(arena, config); };
  expect_error([&] { make({.learning_rate = -1}); },
               "[adam] learning rate -1.000000 is not a number of at least 0");
  expect_error([&] { make({.learning_rate = kNaN}); },
               "[adam] learning rate nan is not a number of at least 0");
  expect_error([&] { make({.epsilon = HUGE_VAL}); },
               "[adam] epsilon inf is not a number of at least 0");
  expect_error([&] { make({.weight_decay = -0.5}); },
               "[adam] weight decay -0.500000 is not a number of at least 0");
  expect_error([&] { make({.beta1 = 1}); }, "[adam] beta1 1.000000 is not in [0, 1)");
  expect_error([&] { make({.beta2 = kNaN}); }, "[adam] beta2 nan is not in [0, 1)");
  Adam adam(arena, {});
  expect_error([&] { adam.set_learning_rate(kNaN); },
               "[adam] learning rate nan is not a number of at least 0");
}

TEST_P(OptimizerTest, SgdErrors) {
  ParameterArena arena({leaf({1}, {1})});
  const auto make = [&](SgdConfig config) { Sgd sgd(arena, config); };
  expect_error([&] { make({.learning_rate = kNaN}); },
               "[sgd] learning rate nan is not a number of at least 0");
  expect_error([&] { make({.momentum = -0.5}); },
               "[sgd] momentum -0.500000 is not a number of at least 0");
  expect_error([&] { make({.weight_decay = -0.5}); },
               "[sgd] weight decay -0.500000 is not a number of at least 0");
  expect_error([&] { make({.warmup_steps = -1}); },
               "[sgd] number of warm-up steps -1.000000 is not a number of at least 0");
  expect_error([&] { make({.nesterov = true}); }, "[sgd] nesterov wants a momentum above 0");
  expect_error([&] { make({.average_decay = 1}); },
               "[sgd] average decay 1.000000 is not in [0, 1)");
  expect_error([&] { Sgd(arena, {}, tensor({1}, {1})); },
               "[sgd] average (1) does not match parameters (64)");
}

TEST_P(OptimizerTest, RmspropErrors) {
  ParameterArena arena({leaf({1}, {1})});
  const auto make = [&](RmspropConfig config) { Rmsprop rmsprop(arena, config); };
  expect_error([&] { make({.learning_rate = kNaN}); },
               "[rmsprop] learning rate nan is not a number of at least 0");
  expect_error([&] { make({.alpha = 1}); }, "[rmsprop] alpha 1.000000 is not in [0, 1)");
  expect_error([&] { make({.epsilon = -1}); },
               "[rmsprop] epsilon -1.000000 is not a number of at least 0");
  expect_error([&] { make({.momentum = kNaN}); },
               "[rmsprop] momentum nan is not a number of at least 0");
}

// The norm is that of all parameters together, padding aside.
TEST_P(OptimizerTest, ClippedGradients) {
  const Tensor a = leaf({1, 1}, {2}), b = leaf({1}, {});
  const ParameterArena arena({a, b});
  const auto set_gradients = [&] {
    arena.zero_grad();
    backward(sum(a * tensor({1, -2}, {2})) + b * 2.0);
  };
  set_gradients();
  EXPECT_TRUE(near(optim::clip_grad_norm(arena, 1.5).item(), 3, 1e-6, 0));
  EXPECT_TRUE(near(values_of(a.grad()), std::vector<double>{0.5, -1}, 1e-6, 0));
  EXPECT_TRUE(near(b.grad().item(), 1, 1e-6, 0));
  set_gradients();
  optim::clip_grad_value(arena, 1.5);
  EXPECT_TRUE(same_bits(values_of(a.grad()), {1, -1.5}));
  EXPECT_EQ(b.grad().item(), 1.5);
  expect_error([&] { optim::clip_grad_norm(arena, kNaN); },
               "[clip_grad] norm nan is not a number of at least 0");
  expect_error([&] { optim::clip_grad_value(arena, -1); },
               "[clip_grad] value -1.000000 is not a number of at least 0");
}

TEST_P(OptimizerTest, MovingAverage) {
  const Tensor average = tensor({0, 8}, {2});
  optim::update_average(average, tensor({4, 0}, {2}), 0.75);
  EXPECT_TRUE(same_bits(values_of(average), {1, 6}));
  optim::update_average(average, tensor({4, 0}, {2}), 0);
  EXPECT_TRUE(same_bits(values_of(average), {4, 0}));
  optim::update_average(average, tensor({9, 9}, {2}), 1);
  EXPECT_TRUE(same_bits(values_of(average), {4, 0}));
  expect_error([&] { optim::update_average(average, tensor({1}, {1}), 0.5); },
               "[ema] average (2) does not match values (1)");
}

KILN_ON_EVERY_PLACE(OptimizerTest);

}  // namespace
}  // namespace kiln::test
