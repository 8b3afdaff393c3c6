// SPDX-License-Identifier: MIT
// Twenty updates against PyTorch's, weight by weight and step by step.
#include <functional>
#include <span>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "engine/optim/adam.h"
#include "engine/optim/clip_grad.h"
#include "engine/optim/rmsprop.h"
#include "engine/optim/sgd.h"
#include "tests/golden/optim_golden.h"
#include "tests/support/devices.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using Weights = double[golden::kWeights];

class GoldenOptimTest : public PlaceTest {
 protected:
  // The weights are split over two parameters, so that the arena's padding lies between them.
  template <class Optimizer, class Config>
  void expect_weights(
      const Config& config, const Weights (&expected)[golden::kSteps],
      const std::function<void(const optim::ParameterArena&)>& clip = [](const auto&) {}) const {
    constexpr int kFirst = 2, kSecond = golden::kWeights - kFirst;
    const std::vector<double> start(golden::kStart, golden::kStart + golden::kWeights);
    const Tensor first = leaf({start.begin(), start.begin() + kFirst}, {kFirst});
    const Tensor second = leaf({start.begin() + kFirst, start.end()}, {kSecond, 1});
    optim::ParameterArena arena({first, second});
    Optimizer optimizer(arena, config);
    for (int step = 0; step < golden::kSteps; ++step) {
      const double* g = golden::kGradients[step];
      backward(sum(first * tensor({g, g + kFirst}, {kFirst})) +
               sum(second * tensor({g + kFirst, g + golden::kWeights}, {kSecond, 1})));
      clip(arena);
      optimizer.step();
      std::vector<double> actual = values_of(first);
      for (const double value : values_of(second)) actual.push_back(value);
      ASSERT_TRUE(near(actual, std::span(expected[step]), is_double() ? 1e-12 : 1e-6,
                       is_double() ? 1e-14 : 2e-7))
          << "step " << step + 1;
    }
  }
};

TEST_P(GoldenOptimTest, Adam) {
  expect_weights<optim::Adam>(optim::AdamConfig{.learning_rate = 1e-2}, golden::kAdam);
}

TEST_P(GoldenOptimTest, AdamOfTheGan) {
  expect_weights<optim::Adam>(optim::AdamConfig{.learning_rate = 1e-3, .beta1 = 0.5},
                              golden::kAdamGan);
}

TEST_P(GoldenOptimTest, AdamWithEverySetting) {
  expect_weights<optim::Adam>(
      optim::AdamConfig{
          .learning_rate = 2e-2, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.1},
      golden::kAdamWeightDecay);
}

TEST_P(GoldenOptimTest, AdamW) {
  expect_weights<optim::Adam>(optim::AdamConfig{.learning_rate = 2e-2,
                                                .beta1 = 0.8,
                                                .beta2 = 0.95,
                                                .epsilon = 1e-6,
                                                .weight_decay = 0.1,
                                                .warmup_steps = 4,
                                                .decoupled_weight_decay = true},
                              golden::kAdamw);
}

TEST_P(GoldenOptimTest, AdamWithWarmUp) {
  expect_weights<optim::Adam>(optim::AdamConfig{.learning_rate = 1e-2, .warmup_steps = 5},
                              golden::kAdamWarmup);
}

TEST_P(GoldenOptimTest, AdamOfGradientsClippedByNorm) {
  expect_weights<optim::Adam>(optim::AdamConfig{.learning_rate = 1e-2}, golden::kAdamClipNorm,
                              [](const auto& arena) { optim::clip_grad_norm(arena, 1.5); });
}

TEST_P(GoldenOptimTest, Sgd) {
  expect_weights<optim::Sgd>(optim::SgdConfig{.learning_rate = 0.1}, golden::kSgd);
}

TEST_P(GoldenOptimTest, SgdWithMomentum) {
  expect_weights<optim::Sgd>(optim::SgdConfig{.learning_rate = 0.05, .momentum = 0.9},
                             golden::kSgdMomentum);
}

TEST_P(GoldenOptimTest, SgdWithMomentumAndWeightDecay) {
  expect_weights<optim::Sgd>(
      optim::SgdConfig{.learning_rate = 0.05, .momentum = 0.8, .weight_decay = 0.2},
      golden::kSgdWeightDecay);
}

TEST_P(GoldenOptimTest, SgdWithNesterovMomentum) {
  expect_weights<optim::Sgd>(
      optim::SgdConfig{
          .learning_rate = 0.05, .momentum = 0.8, .weight_decay = 0.2, .nesterov = true},
      golden::kSgdNesterov);
}

TEST_P(GoldenOptimTest, SgdOfGradientsClippedByValue) {
  expect_weights<optim::Sgd>(optim::SgdConfig{.learning_rate = 0.1}, golden::kSgdClipValue,
                             [](const auto& arena) { optim::clip_grad_value(arena, 0.6); });
}

TEST_P(GoldenOptimTest, Rmsprop) {
  expect_weights<optim::Rmsprop>(optim::RmspropConfig{.learning_rate = 1e-2}, golden::kRmsprop);
}

TEST_P(GoldenOptimTest, RmspropWithMomentumAndWeightDecay) {
  expect_weights<optim::Rmsprop>(optim::RmspropConfig{.learning_rate = 5e-3,
                                                      .alpha = 0.9,
                                                      .epsilon = 1e-5,
                                                      .momentum = 0.8,
                                                      .weight_decay = 0.1},
                                 golden::kRmspropMomentum);
}

KILN_ON_EVERY_PLACE(GoldenOptimTest);

}  // namespace
}  // namespace kiln::test
