// SPDX-License-Identifier: MIT
// What backward() and grad() do to leaves: which of them, and how gradients add up.
#include "engine/autograd/backward.h"

#include "engine/memory_pool.h"
#include "engine/ops/linear.h"
#include "engine/ops/matmul.h"
#include "tests/support/expect_error.h"
#include "tests/support/gradcheck.h"

namespace kiln::test {
namespace {

using BackwardTest = PlaceTest;

TEST_P(BackwardTest, GradientsAccumulateUntilForgotten) {
  const Tensor x = leaf({1, 2}, {2});
  EXPECT_TRUE(same_bits(values_of(x.grad()), {0, 0}));
  backward(sum(square(x)));
  backward(sum(square(x)));
  EXPECT_TRUE(same_bits(values_of(x.grad()), {4, 8}));
  zero_grad({x});
  EXPECT_TRUE(same_bits(values_of(x.grad()), {0, 0}));
  backward(sum(x * 3.0));
  EXPECT_TRUE(same_bits(values_of(x.grad()), {3, 3}));
}

TEST_P(BackwardTest, OneGraphTwice) {
  const Tensor x = leaf({1, 2}, {2});
  const Tensor loss = sum(square(tanh(x) * x));
  backward(loss);
  const std::vector<double> once = values_of(x.grad());
  backward(loss);
  std::vector<double> twice = once;
  for (double& value : twice) value *= 2;
  EXPECT_TRUE(near(values_of(x.grad()), twice, tolerance(), 0));
}

TEST_P(BackwardTest, EveryLeafByDefault) {
  const Tensor a = leaf({2}, {}), b = leaf({3}, {}), constant = tensor({5}, {});
  backward(a * b * constant);
  EXPECT_EQ(a.grad().item(), 15);
  EXPECT_EQ(b.grad().item(), 10);
  EXPECT_EQ(constant.grad().item(), 0);
}

TEST_P(BackwardTest, ListedLeavesAlone) {
  const Tensor a = leaf({2}, {}), b = leaf({3}, {}), elsewhere = leaf({7}, {});
  backward(a * b, {a, elsewhere});
  EXPECT_EQ(a.grad().item(), 3);
  EXPECT_EQ(b.grad().item(), 0);
  EXPECT_EQ(elsewhere.grad().item(), 0);
}

// The generator's step through a discriminator: its weights cost no gradient.
TEST_P(BackwardTest, PathsToOtherLeavesAreNotComputed) {
  const Tensor x = leaf({1, 2}, {1, 2});
  const Tensor w = leaf(std::vector<double>(2 * 4096, 0.5), {4096, 2});
  const Tensor loss = sum(linear(x, w, Tensor()));
  device().pool().release();
  backward(loss, {x});
  const std::size_t before = device().pool().device_allocations();
  backward(loss, {x});
  EXPECT_EQ(device().pool().device_allocations(), before);
  backward(loss, {x, w});
  EXPECT_GT(device().pool().device_allocations(), before);
}

TEST_P(BackwardTest, ALeafIsItsOwnOutput) {
  const Tensor x = leaf({2}, {1});
  backward(x);
  backward(x);
  EXPECT_EQ(x.grad().item(), 2);
  backward(x, {x});
  EXPECT_EQ(x.grad().item(), 3);
  EXPECT_EQ(grad(x, {x})[0].item(), 1);
}

TEST_P(BackwardTest, GradLeavesLeavesAlone) {
  const Tensor x = leaf({1, 2}, {2});
  backward(sum(x));
  EXPECT_TRUE(same_bits(values_of(grad(sum(square(x)), {x})[0]), {2, 4}));
  EXPECT_TRUE(same_bits(values_of(grad(sum(square(x)), {x}, true)[0]), {2, 4}));
  EXPECT_TRUE(same_bits(values_of(x.grad()), {1, 1}));
}

TEST_P(BackwardTest, GradOfManyOutputsIsThatOfTheirSum) {
  const Tensor x = leaf({1, 2}, {2});
  EXPECT_TRUE(same_bits(values_of(grad(square(x), {x})[0]), {2, 4}));
}

// Inputs of grad() may be results of ops, alone and together with what they were made from.
TEST_P(BackwardTest, GradAtResultsOfOps) {
  const Tensor x = leaf({0.5, 2}, {1, 2}), w = leaf({1, -1, 2, 3}, {2, 2});
  const Tensor results[] = {
      tanh(x), x * 2.0,         x - x * x,     matmul(x, w),        linear(x, w, {}),
      sum(x),  reshape(x, {2}), column_sum(x), expand(sum(x), {2}), mean(square(x))};
  for (const Tensor& h : results) {
    for (const bool create_graph : {false, true}) {
      std::vector<double> expected = values_of(h);
      for (double& value : expected) value *= 2;
      const Tensor loss = sum(square(h));
      EXPECT_TRUE(same_bits(values_of(grad(loss, {h}, create_graph)[0]), expected));
      const std::vector<Tensor> both = grad(loss, {x, h}, create_graph);
      EXPECT_TRUE(same_bits(values_of(both[1]), expected));
      EXPECT_TRUE(same_bits(values_of(both[0]), values_of(grad(loss, {x}, create_graph)[0])));
    }
  }
}

TEST_P(BackwardTest, WithoutCreateGraphNothingIsRecorded) {
  const Tensor x = leaf({2}, {});
  EXPECT_FALSE(grad(x * x * x, {x})[0].requires_grad());
  const Tensor first = grad(x * x * x, {x}, true)[0];
  EXPECT_TRUE(first.requires_grad());
  backward(x * x);
  EXPECT_FALSE(x.grad().requires_grad());
}

TEST_P(BackwardTest, Errors) {
  const Tensor x = leaf({1, 2}, {2}), y = leaf({1}, {});
  expect_error([&] { backward(x * 2.0); }, "[backward] output (2) is not one element");
  const std::string no_grad =
      "[backward] the output does not depend on anything that requires gradients";
  expect_error([&] { backward(tensor({1}, {})); }, no_grad);
  expect_error([&] { backward(sum(step(x))); }, no_grad);
  expect_error([&] { grad(sum(x), {x, y}); }, "[grad] the output does not depend on input 1");
  // The gradient of a linear function does not depend on its input.
  expect_error([&] { grad(grad(sum(x * 3.0), {x}, true)[0], {x}); },
               "[grad] the output does not depend on input 0");
  expect_error([&] { (x * 2.0).set_requires_grad(false); },
               "[requires_grad] only a leaf can be switched");
}

KILN_ON_EVERY_PLACE(BackwardTest);

}  // namespace
}  // namespace kiln::test
