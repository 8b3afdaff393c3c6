// SPDX-License-Identifier: MIT
#include "engine/train/captured_step.h"

#include "engine/autograd/backward.h"
#include "engine/memory_pool.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "engine/optim/adam.h"
#include "engine/optim/sgd.h"
#include "engine/rng.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using CapturedStepTest = PlaceTest;

TEST_P(CapturedStepTest, EveryRunIsOneStep) {
  const Tensor sum = tensor({0, 10}, {2}), one = tensor({1, 1}, {2});
  int calls = 0;
  CapturedStep step(device(), [&] {
    ++calls;
    sum.add_from(one * 2.0);
  });
  for (int run = 0; run < 5; ++run) step.run();
  EXPECT_TRUE(same_bits(values_of(sum), {10, 20}));
  EXPECT_EQ(calls, device().is_cpu() ? 5 : 2);
  EXPECT_EQ(step.num_nodes(), device().is_cpu() ? 0u : 2u);
}

// An optimizer counts its steps and takes a new learning rate without a new recording.
template <class Optimizer, class Config>
void expect_new_rates_without_recording(Device device, const Config& config, const Tensor& captured,
                                        const Tensor& eager) {
  optim::ParameterArena captured_arena({captured}), eager_arena({eager});
  Optimizer captured_optimizer(captured_arena, config), eager_optimizer(eager_arena, config);
  CapturedStep step(device, [&] {
    backward(sum(square(captured)));
    captured_optimizer.step();
  });
  const auto set_learning_rate = [&](double rate) {
    captured_optimizer.set_learning_rate(rate);
    eager_optimizer.set_learning_rate(rate);
  };
  double after_eight = 0;
  for (int run = 1; run <= 12; ++run) {
    if (run == 6) set_learning_rate(0.25);
    if (run == 9) set_learning_rate(0), after_eight = eager.item();
    step.run();
    backward(sum(square(eager)));
    eager_optimizer.step();
    EXPECT_TRUE(same_bits(values_of(captured), values_of(eager))) << run;
    EXPECT_EQ(captured_optimizer.num_steps(), run);
  }
  EXPECT_NE(captured.item(), 1);
  EXPECT_EQ(captured.item(), after_eight);
}

TEST_P(CapturedStepTest, AdamMovesOnAndTakesANewLearningRate) {
  expect_new_rates_without_recording<optim::Adam>(
      device(), optim::AdamConfig{.learning_rate = 0.1, .warmup_steps = 3}, leaf({1}, {1}),
      leaf({1}, {1}));
}

TEST_P(CapturedStepTest, SgdMovesOnAndTakesANewLearningRate) {
  expect_new_rates_without_recording<optim::Sgd>(
      device(), optim::SgdConfig{.learning_rate = 0.1, .momentum = 0.5, .warmup_steps = 3},
      leaf({1}, {1}), leaf({1}, {1}));
}

TEST_P(CapturedStepTest, NoiseIsFreshInEveryRun) {
  Rng captured(5, device()), eager(5, device());
  const Tensor out = Tensor::empty({7}, device());
  if (is_double()) GTEST_SKIP() << "noise tensors are float32";
  CapturedStep step(device(), [&] { captured.normal_into(out); });
  std::vector<double> last(7);
  for (int run = 0; run < 4; ++run) {
    step.run();
    EXPECT_TRUE(same_bits(values_of(out), values_of(eager.normal({7}))));
    EXPECT_FALSE(same_bits(values_of(out), last));
    last = values_of(out);
  }
}

// Replays write to the addresses of the recording: nobody else may be given them meanwhile.
TEST_P(CapturedStepTest, ItsMemoryIsItsOwn) {
  const Tensor result = tensor({0}, {1});
  const Tensor x = tensor(std::vector<double>(300, 1), {300});
  {
    CapturedStep step(device(), [&] { result.copy_from(reshape(sum(x * 3.0 + 1.0), {1})); });
    for (int run = 0; run < 3; ++run) step.run();
    std::vector<Tensor> others;
    for (int i = 0; i < 20; ++i) others.push_back(Tensor::full({300}, i, device(), dtype()));
    for (int run = 0; run < 3; ++run) step.run();
    for (std::size_t i = 0; i < others.size(); ++i) {
      EXPECT_TRUE(
          same_bits(values_of(others[i]), std::vector<double>(300, static_cast<double>(i))));
    }
    EXPECT_EQ(result.item(), 1200);
  }
  // Afterwards it is everyone's again.
  const std::size_t before = device().pool().device_allocations();
  const Tensor again = Tensor::full({300}, 1, device(), dtype());
  EXPECT_EQ(device().pool().device_allocations(), before);
}

// What cannot be recorded says so, and the device stays usable.
TEST_P(CapturedStepTest, WaitingInsideAStepIsAnError) {
  const Tensor x = tensor({2}, {1});
  CapturedStep step(device(), [&] { x.item(); });
  step.run();
  if (device().is_cpu()) return step.run();
  EXPECT_THROW(step.run(), Error);
  EXPECT_EQ(sum(x * 2.0).item(), 4);
}

TEST_P(CapturedStepTest, AnExceptionOfTheStepPassesThrough) {
  const Tensor x = tensor({2}, {1});
  int calls = 0;
  CapturedStep step(device(), [&] {
    x.add_from(x);
    if (++calls == 2) throw Error("the step's own");
  });
  step.run();
  expect_error([&] { step.run(); }, "the step's own");
  EXPECT_EQ(calls, 2);
  step.run();
  EXPECT_EQ(calls, 3);
}

KILN_ON_EVERY_PLACE(CapturedStepTest);

}  // namespace
}  // namespace kiln::test
