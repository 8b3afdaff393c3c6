// SPDX-License-Identifier: MIT
#include "engine/autograd/anomaly.h"

#include <cmath>
#include <limits>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reduce.h"
#include "engine/optim/adam.h"
#include "engine/optim/sgd.h"
#include "engine/train/captured_step.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"

namespace kiln::test {
namespace {

using AnomalyTest = PlaceTest;

TEST_P(AnomalyTest, NamesTheOpThatFirstGivesNoNumber) {
  const Tensor x = leaf({1, -2}, {2});
  const auto run = [&] { return sum(square(log(x) * 2.0)); };
  EXPECT_TRUE(std::isnan(run().item()));
  const AnomalyGuard guard;
  expect_error([&] { run(); }, "the output of 'log' is not finite");
}

TEST_P(AnomalyTest, NamesTheOpThatIsGivenNone) {
  const Tensor x = leaf({1, std::numeric_limits<double>::infinity()}, {2});
  const AnomalyGuard guard;
  expect_error([&] { square(x); }, "an input of 'square' is not finite");
}

// sqrt(0) is a number, and its slope there is not; with and without a graph of the gradient.
TEST_P(AnomalyTest, NamesTheOpWhoseGradientIsNone) {
  const Tensor x = leaf({4, 0}, {2});
  const AnomalyGuard guard;
  expect_error([&] { backward(sum(sqrt(x))); }, "the gradient of 'sqrt' is not finite");
  expect_error([&] { grad(sum(sqrt(x)), {x}, true); },
               "in the gradient of 'sqrt': the output of 'div' is not finite");
}

TEST_P(AnomalyTest, NamesTheOptimizerWhoseWeightsOverflow) {
  const Tensor w = leaf({1}, {1});
  optim::ParameterArena arena({w});
  optim::Sgd sgd(arena, {.learning_rate = 1e308});
  const AnomalyGuard guard;
  backward(sum(w * 100.0));
  expect_error([&] { sgd.step(); }, "a weight of 'sgd' is not finite");
}

// The square of a gradient may overflow where the gradient and the weight do not.
TEST_P(AnomalyTest, NamesTheOptimizerWhoseMomentsOverflow) {
  const Tensor w = leaf({1}, {1});
  optim::ParameterArena arena({w});
  optim::Adam adam(arena, {});
  const AnomalyGuard guard;
  backward(sum(w * tensor({is_double() ? 1e200 : 1e30}, {1})));
  expect_error([&] { adam.step(); }, "a moment of 'adam' is not finite");
}

TEST_P(AnomalyTest, SaysNothingOfNumbersAndNothingLater) {
  const Tensor x = leaf({1, 4}, {2});
  {
    const AnomalyGuard guard;
    EXPECT_TRUE(anomaly_detection_enabled());
    backward(sum(sqrt(x)));
  }
  EXPECT_FALSE(anomaly_detection_enabled());
  EXPECT_TRUE(std::isnan(values_of(log(leaf({-1}, {1})))[0]));
}

// A step that has been recorded is not replayed: it could not be looked into.
TEST_P(AnomalyTest, LooksIntoACapturedStep) {
  const Tensor x = leaf({1}, {1});
  CapturedStep step(device(), [&] { log(x); });
  step.run();
  step.run();
  x.detach().fill(-1);
  step.run();
  const AnomalyGuard guard;
  expect_error([&] { step.run(); }, "the output of 'log' is not finite");
}

TEST_P(AnomalyTest, AllFinite) {
  EXPECT_TRUE(all_finite(tensor({1, 2}, {2})));
  EXPECT_FALSE(all_finite(tensor({1, std::numeric_limits<double>::quiet_NaN()}, {2})));
  EXPECT_FALSE(all_finite(tensor({-std::numeric_limits<double>::infinity()}, {1})));
  EXPECT_TRUE(all_finite(Tensor::from_host(std::vector<std::uint8_t>{255}, {1}, device())));
}

KILN_ON_EVERY_PLACE(AnomalyTest);

}  // namespace
}  // namespace kiln::test
