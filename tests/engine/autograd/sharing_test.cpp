// SPDX-License-Identifier: MIT
// One tensor used several times: gradients that meet must add up, and adding in place must not
// reach a gradient that another tensor holds.
#include "engine/autograd/grad_sink.h"
#include "engine/ops/linear.h"
#include "engine/ops/matmul.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using SharingTest = OpTest;
using Tensors = const std::vector<Tensor>&;

TEST_P(SharingTest, OneTensorTwice) {
  check([](Tensors x) { return x[0] + x[0]; }, {signed_input({3})});
  check([](Tensors x) { return x[0] - x[0]; }, {signed_input({3})});
  check([](Tensors x) { return x[0] * x[0]; }, {signed_input({3})}, 3);
}

// add passes one gradient to both operands; each is then added to, in either order.
TEST_P(SharingTest, Diamonds) {
  check(
      [](Tensors x) {
        const Tensor a = tanh(x[0]), b = sigmoid(x[0]);
        return (a + b) * a + b;
      },
      {signed_input({3})}, 3);
  check(
      [](Tensors x) {
        const Tensor a = tanh(x[0]), b = sigmoid(x[1]);
        return (a + b) + (a + b) + (b - a) * b + x[0];
      },
      {signed_input({3}, 1), signed_input({3}, 2)}, 3);
}

TEST_P(SharingTest, ResidualBlocks) {
  check(
      [](Tensors x) {
        Tensor h = x[0];
        for (int block = 0; block < 4; ++block) {
          h = h + linear(h, x[1], x[2], {ActivationKind::tanh});
        }
        return h;
      },
      {signed_input({2, 2}, 1), input({2, 2}, -0.5, 0.5, 2), input({2}, -0.5, 0.5, 3)}, 3);
}

TEST_P(SharingTest, ReshapesShareTheirGradient) {
  check(
      [](Tensors x) {
        const Tensor flat = reshape(x[0], {4});
        return sum(flat * flat) + sum(matmul(x[0], reshape(flat, {2, 2})));
      },
      {signed_input({2, 2})}, 3);
}

// Chains of ops that pass a gradient on unchanged: every leaf has its own in the end.
TEST_P(SharingTest, LeavesDoNotShareGradients) {
  const Tensor a = leaf({1, 2}, {2}), b = leaf({3, 4}, {2});
  backward(sum(a + b));
  backward(sum(a * 5.0));
  EXPECT_TRUE(same_bits(values_of(a.grad()), {6, 6}));
  EXPECT_TRUE(same_bits(values_of(b.grad()), {1, 1}));
}

TEST_P(SharingTest, ResultsOfGradKeepTheirValues) {
  const Tensor a = leaf({1, 2}, {2}), b = leaf({3, 4}, {2});
  const Tensor c = a + b;
  const Tensor loss = sum(c * 2.0) + sum(a * 3.0);
  for (const bool create_graph : {false, true}) {
    const std::vector<Tensor> grads = grad(loss, {a, b, c}, create_graph);
    EXPECT_TRUE(same_bits(values_of(grads[0]), {5, 5}));
    EXPECT_TRUE(same_bits(values_of(grads[1]), {2, 2}));
    EXPECT_TRUE(same_bits(values_of(grads[2]), {2, 2}));
  }
}

TEST_P(SharingTest, SinkCopiesBeforeItAddsToAnothersGradient) {
  const std::vector<Tensor> inputs = {tensor({0, 0}, {2}), tensor({0, 0}, {2})};
  GradSlot first, second;
  GradSink sink(inputs, {&first, &second});
  const Tensor gradient = tensor({1, 2}, {2});
  sink.add(0, gradient);
  sink.add(1, gradient);
  EXPECT_EQ(first.grad.raw(), gradient.raw());
  sink.add(0, gradient);
  EXPECT_TRUE(sink.target(1).accumulate);
  second.grad.fill(9);
  EXPECT_TRUE(same_bits(values_of(first.grad), {2, 4}));
  EXPECT_TRUE(same_bits(values_of(gradient), {1, 2}));
}

// A slot that belongs to a leaf is written in place, whatever arrives first.
TEST_P(SharingTest, SinkStoresIntoAReadySlot) {
  const std::vector<Tensor> inputs = {tensor({0, 0}, {2})};
  const Tensor place = tensor({7, 7}, {2});
  GradSlot slot{place, false, false};
  GradSink sink(inputs, {&slot});
  sink.add(0, tensor({1, 2}, {2}));
  EXPECT_TRUE(same_bits(values_of(place), {1, 2}));
  sink.add(0, tensor({1, 2}, {2}));
  EXPECT_TRUE(same_bits(values_of(place), {2, 4}));
}

KILN_ON_EVERY_PLACE(SharingTest);

}  // namespace
}  // namespace kiln::test
