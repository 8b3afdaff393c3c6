// SPDX-License-Identifier: MIT
#include "engine/optim/parameter_arena.h"

#include <cstdint>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/linear.h"
#include "engine/ops/reduce.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using optim::ParameterArena;

using ParameterArenaTest = PlaceTest;

TEST_P(ParameterArenaTest, ParametersBecomeViews) {
  const Tensor a = leaf({1, 2, 3}, {3}), b = leaf({4, 5}, {2, 1});
  const Tensor handle = a;
  const ParameterArena arena({a, b});
  EXPECT_EQ(arena.values().shape(), Shape{128});
  EXPECT_EQ(handle.raw(), arena.values().raw());
  EXPECT_EQ(b.raw(), arena.values().slice(64, {1}).raw());
  EXPECT_TRUE(same_bits(values_of(handle), {1, 2, 3}));
  EXPECT_TRUE(same_bits(values_of(b), {4, 5}));
  EXPECT_EQ(b.shape(), (Shape{2, 1}));
  EXPECT_TRUE(b.requires_grad());
  arena.values().fill(7);
  EXPECT_TRUE(same_bits(values_of(b), {7, 7}));
}

TEST_P(ParameterArenaTest, EveryParameterIsAligned) {
  std::vector<Tensor> parameters;
  for (const std::int64_t size : {1, 63, 64, 65, 0, 130, 2}) {
    parameters.push_back(leaf(std::vector<double>(static_cast<std::size_t>(size), 1.0), {size}));
  }
  const ParameterArena arena(parameters);
  EXPECT_EQ(arena.values().numel(), 64 + 64 + 64 + 128 + 0 + 192 + 64);
  for (const Tensor& parameter : parameters) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(parameter.raw()) % 64, 0u);
  }
  double total = 0;
  for (const double value : values_of(arena.values())) total += value;
  EXPECT_EQ(total, 1 + 63 + 64 + 65 + 130 + 2);
}

TEST_P(ParameterArenaTest, GradientsLieInOneBuffer) {
  const Tensor w = leaf({1, 2}, {1, 2}), b = leaf({3}, {1}), unused = leaf({9}, {1});
  const ParameterArena arena({w, b, unused});
  const auto run = [&] { backward(sum(linear(tensor({5, 6}, {1, 2}), w, b))); };
  run();
  EXPECT_EQ(w.grad().raw(), arena.grads().raw());
  std::vector<double> expected(192);
  expected[0] = 5, expected[1] = 6, expected[64] = 1;
  EXPECT_TRUE(same_bits(values_of(arena.grads()), expected));
  run();
  for (double& value : expected) value *= 2;
  EXPECT_TRUE(same_bits(values_of(arena.grads()), expected));
  arena.zero_grad();
  EXPECT_TRUE(same_bits(values_of(arena.grads()), std::vector<double>(192)));
}

// What no backward has reached since zero_grad() reads as zero, not as the step before left it.
TEST_P(ParameterArenaTest, StaleGradientsReadAsZero) {
  const Tensor a = leaf({1}, {1}), b = leaf({2}, {1});
  const ParameterArena arena({a, b});
  backward(sum(a) + sum(b));
  arena.zero_grad();
  backward(sum(a));
  std::vector<double> expected(128);
  expected[0] = 1;
  EXPECT_TRUE(same_bits(values_of(arena.grads()), expected));
}

TEST_P(ParameterArenaTest, GraphsMadeBeforeTheMoveStayRight) {
  const Tensor w = leaf({3}, {});
  const Tensor loss = w * w;
  const ParameterArena arena({w});
  backward(loss);
  EXPECT_EQ(w.grad().item(), 6);
  EXPECT_EQ(values_of(arena.grads())[0], 6);
}

TEST_P(ParameterArenaTest, Errors) {
  const Tensor a = leaf({1, 2}, {2});
  expect_error([&] { ParameterArena arena({}); }, "[arena] there are no parameters");
  expect_error(
      [&] {
        ParameterArena arena({a, leaf({1}, {}), a});
      },
      "[arena] a parameter of shape (2) appears twice");
  const Tensor bytes = Tensor::from_host(std::vector<std::uint8_t>(2), {2}, device());
  expect_error(
      [&] {
        ParameterArena arena({a, bytes});
      },
      std::string("[arena] uint8 on ") + device().name() + " does not match " + name_of(dtype()) +
          " on " + device().name());
}

KILN_ON_EVERY_PLACE(ParameterArenaTest);

}  // namespace
}  // namespace kiln::test
