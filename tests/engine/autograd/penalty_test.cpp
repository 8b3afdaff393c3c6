// SPDX-License-Identifier: MIT
// The R1 penalty sum((dD(x)/dx)^2) of small discriminators, and WGAN-GP's (|dD/dx| - 1)^2:
// gradients of gradients with respect to every weight, as GANs use them.
#include "engine/ops/linear.h"
#include "engine/ops/loss.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using PenaltyTest = OpTest;
using Tensors = const std::vector<Tensor>&;

// {x, w1, b1, w2, b2, w3, b3} of a net 3-4-3-1.
std::vector<Input> net_inputs(std::uint32_t seed = 9) {
  return {signed_input({2, 3}, seed),  signed_input({4, 3}, seed + 1),
          signed_input({4}, seed + 2), signed_input({3, 4}, seed + 3),
          signed_input({3}, seed + 4), signed_input({1, 3}, seed + 5),
          signed_input({1}, seed + 6)};
}

Tensor discriminate(Tensors x, Activation hidden, Activation last) {
  Tensor h = linear(x[0], x[1], x[2], hidden);
  h = linear(h, x[3], x[4], hidden);
  return linear(h, x[5], x[6], last);
}

Tensor r1_penalty(Tensors x, Activation hidden, Activation last) {
  return sum(square(grad(sum(discriminate(x, hidden, last)), {x[0]}, true)[0]));
}

// The sums that go into leaky_relu keep away from its kink.
TEST_P(PenaltyTest, InputsAreNotAtAKink) {
  const std::vector<Tensor> x = make_leaves(net_inputs(), Device::cpu(), DType::float64);
  const Tensor h = linear(x[0], x[1], x[2], {ActivationKind::leaky_relu, 0.2f});
  for (const Tensor& z : {h, linear(h, x[3], x[4])}) {
    for (const double value : values_of(z)) EXPECT_GT(std::abs(value), 0.01);
  }
}

TEST_P(PenaltyTest, R1OfEveryActivation) {
  for (const auto kind : {ActivationKind::leaky_relu, ActivationKind::relu, ActivationKind::tanh,
                          ActivationKind::sigmoid}) {
    SCOPED_TRACE(::testing::Message() << "activation " << static_cast<int>(kind));
    const Activation hidden{kind, 0.2f};
    check([=](Tensors x) { return r1_penalty(x, hidden, {}); }, net_inputs());
    check([=](Tensors x) { return r1_penalty(x, hidden, {ActivationKind::sigmoid}); }, net_inputs(),
          1);
  }
}

// The whole loss of a discriminator: both terms reach each weight, in one backward.
TEST_P(PenaltyTest, LossWithR1) {
  const Activation hidden{ActivationKind::leaky_relu, 0.2f};
  check(
      [=](Tensors x) {
        return bce_with_logits(discriminate(x, hidden, {}), 1.0) + r1_penalty(x, hidden, {}) * 0.05;
      },
      net_inputs());
}

TEST_P(PenaltyTest, NormOfTheGradient) {
  check(
      [](Tensors x) {
        const Tensor d = sum(discriminate(x, {ActivationKind::tanh}, {}));
        const Tensor norm = sqrt(sum(square(grad(d, {x[0]}, true)[0])));
        return square(norm - 1.0);
      },
      net_inputs());
}

KILN_ON_EVERY_PLACE(PenaltyTest);

}  // namespace
}  // namespace kiln::test
