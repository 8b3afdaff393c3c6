// SPDX-License-Identifier: MIT
// An activation's gradient may be taken over by the op that uses its output, if that op is the only
// one: the results are those of the rules, which know of no such thing.
#include "engine/ops/linear.h"
#include "engine/ops/loss.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using TakeOverTest = OpTest;
using Tensors = const std::vector<Tensor>&;

Tensor layer(Tensors x, std::size_t i, const Tensor& input, ActivationKind kind) {
  return linear(input, x[i], x[i + 1], {kind, 0.2f});
}

const auto inputs = [] {
  return std::vector{signed_input({3, 2}, 1), input({4, 2}, -0.5, 0.5, 2), input({4}, -0.5, 0.5, 3),
                     input({1, 4}, -0.5, 0.5, 4), input({1}, -0.5, 0.5, 5)};
};

TEST_P(TakeOverTest, ByALayerAndALoss) {
  check(
      [](Tensors x) {
        const Tensor hidden = layer(x, 1, x[0], ActivationKind::tanh);
        return log_loss(layer(x, 3, hidden, ActivationKind::sigmoid), 1);
      },
      inputs());
}

TEST_P(TakeOverTest, NotWhereTwoUseTheOutput) {
  check(
      [](Tensors x) {
        const Tensor hidden = layer(x, 1, x[0], ActivationKind::tanh);
        const Tensor out = layer(x, 3, hidden, ActivationKind::sigmoid);
        return log_loss(out, 0) + squared_error(out, 1) + sum(hidden * 2.0);
      },
      inputs());
  check(
      [](Tensors x) {
        const Tensor hidden = layer(x, 1, x[0], ActivationKind::tanh);
        return sum(layer(x, 3, hidden, ActivationKind::sigmoid)) +
               sum(layer(x, 3, hidden, ActivationKind::tanh));
      },
      inputs());
}

// A loss that is scaled cannot use the gradient that it made for a factor of 1.
TEST_P(TakeOverTest, NotByAScaledLoss) {
  check(
      [](Tensors x) {
        const Tensor hidden = layer(x, 1, x[0], ActivationKind::tanh);
        return log_loss(layer(x, 3, hidden, ActivationKind::sigmoid), 1) * 3.0;
      },
      inputs());
}

// The gradient of the hidden values themselves is not that before their activation.
TEST_P(TakeOverTest, NotWhereTheCallerWantsThatGradient) {
  const Tensor x = tensor({0.5, -1}, {1, 2});
  const Tensor w1 = leaf({1, 2, 3, 4}, {2, 2}), w2 = leaf({0.5, -0.25}, {1, 2});
  const Tensor hidden = linear(x, w1, Tensor(), {ActivationKind::sigmoid});
  const Tensor out = sum(linear(hidden, w2, Tensor()));
  EXPECT_TRUE(near(values_of(grad(out, {hidden}, false)[0]), std::vector<double>{0.5, -0.25},
                   tolerance(), 0));
}

// The constant that a backward pass starts from is never handed out.
TEST_P(TakeOverTest, TheFirstGradientIsTheCallersOwn) {
  const Tensor x = leaf({2}, {1});
  const Tensor one = grad(x * 1.0, {x}, false)[0], itself = grad(sum(x), {x}, false)[0];
  one.fill(7);
  itself.fill(7);
  EXPECT_TRUE(same_bits(values_of(grad(x * 1.0, {x}, false)[0]), {1}));
}

KILN_ON_EVERY_PLACE(TakeOverTest);

}  // namespace
}  // namespace kiln::test
