// SPDX-License-Identifier: MIT
// A whole training step, with a penalty on gradients, an optimizer and an average: it learns, asks
// the device for no memory after its second round, and gives the same bits for the same seed.
#include "engine/autograd/backward.h"
#include "engine/memory_pool.h"
#include "engine/nn/activations.h"
#include "engine/nn/linear.h"
#include "engine/nn/sequential.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/loss.h"
#include "engine/ops/reduce.h"
#include "engine/optim/adam.h"
#include "engine/optim/ema.h"
#include "engine/rng.h"
#include "tests/support/devices.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

class Trainer {
 public:
  explicit Trainer(Device device)
      : noise_(5, device),
        arena_(build(net_, device)),
        adam_(arena_, {.learning_rate = 2e-2}),
        average_(arena_.values().clone()) {}

  // Learns to tell x > 0.5 by the first of two coordinates.
  double step() {
    const Tensor x = noise_.uniform({32, 2}).set_requires_grad(true);
    const Tensor target = kiln::step(linear(x.detach(), direction(x.device()), Tensor()) - 0.5);
    const Tensor logits = net_(x);
    const Tensor gradient = grad(sum(logits), {x}, true)[0];
    const Tensor loss = bce_with_logits(logits, target) + sum(square(gradient), 1e-5);
    backward(loss, arena_.parameters());
    adam_.step();
    optim::update_average(average_, arena_.values(), 0.9);
    return loss.item();
  }
  std::vector<float> weights() const { return average_.to_host<float>(); }

 private:
  static optim::ParameterArena build(nn::Sequential& net, Device device) {
    net.add<nn::Linear>("fc1", 2, 16, Activation{ActivationKind::leaky_relu, 0.2f}, 1, device)
        .add<nn::Linear>("fc2", 16, 8, Activation{}, 2, device)
        .add<nn::Tanh>("tanh")
        .add<nn::Linear>("fc3", 8, 1, Activation{}, 3, device);
    return optim::ParameterArena(net.parameters());
  }
  static Tensor direction(Device device) {
    return Tensor::from_host(std::vector<float>{1, 0}, {1, 2}, device);
  }

  nn::Sequential net_;
  Rng noise_;
  optim::ParameterArena arena_;
  optim::Adam adam_;
  Tensor average_;
};

// On one thread: layers this small gain nothing from more, and lose much on a busy machine.
class TrainingStepTest : public PlaceTest {
 protected:
  void SetUp() override {
    set_num_threads(1);
    PlaceTest::SetUp();
  }
  void TearDown() override { set_num_threads(threads_before_); }

 private:
  int threads_before_ = num_threads();
};

TEST_P(TrainingStepTest, Learns) {
  Trainer trainer(device());
  const double first = trainer.step();
  double last = first;
  for (int step = 0; step < 60; ++step) last = trainer.step();
  EXPECT_GT(first, 0.6);
  EXPECT_LT(last, 0.45);
}

TEST_P(TrainingStepTest, AllocatesNothingAfterTheSecondStep) {
  Trainer trainer(device());
  trainer.step();
  trainer.step();
  const std::size_t before = device().pool().device_allocations();
  for (int step = 0; step < 5; ++step) trainer.step();
  EXPECT_EQ(device().pool().device_allocations(), before);
}

TEST_P(TrainingStepTest, SameSeedSameBits) {
  Trainer a(device()), b(device());
  for (int step = 0; step < 10; ++step) {
    a.step();
    b.step();
  }
  EXPECT_TRUE(same_bits(a.weights(), b.weights()));
}

TEST_P(TrainingStepTest, DevicesAgree) {
  Trainer here(device()), on_cpu(Device::cpu());
  for (int step = 0; step < 10; ++step) EXPECT_TRUE(near(here.step(), on_cpu.step(), 1e-5, 0));
  EXPECT_TRUE(near(here.weights(), on_cpu.weights(), 1e-3, 1e-5));
}

KILN_ON_EVERY_FLOAT_PLACE(TrainingStepTest);

}  // namespace
}  // namespace kiln::test
