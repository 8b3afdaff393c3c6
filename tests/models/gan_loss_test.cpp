// SPDX-License-Identifier: MIT
// The losses of both players and the gradient penalty: PyTorch's numbers, gradients by differences.
#include "models/gan/gan_loss.h"

#include <cmath>

#include "engine/ops/linear.h"
#include "models/gan/gradient_penalty.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using models::GanLoss;
using GanLossTest = OpTest;
using Tensors = const std::vector<Tensor>&;

struct GoldenLoss {
  GanLoss loss;
  double discriminator;
  std::vector<double> discriminator_gradient;
  double generator;
  std::vector<double> generator_gradient;
};

// PyTorch 2 in float64, x = tensor([0.3, -1.5, 2, -0.25, 0.5, -3]), r = x[:3], f = x[3:], bce =
// F.binary_cross_entropy_with_logits, each loss.backward():
//   logits         bce(r, ones(3)) + bce(f, zeros(3)); bce(f, ones(3))
//   least_squares  ((r - 1)**2).mean() / 2 + (f**2).mean() / 2; ((f - 1)**2).mean() / 2
//   hinge          F.relu(1 - r).mean() + F.relu(1 + f).mean(); -f.mean()
//   wasserstein    f.mean() - r.mean(); -f.mean()
const double kThird = 1.0 / 3;
const GoldenLoss kGoldenLosses[] = {
    {GanLoss::least_squares,
     2.842083333333333,
     {-0.2333333333333333, -0.8333333333333333, 0.3333333333333333, -0.08333333333333333,
      0.16666666666666666, -1.0},
     2.96875,
     {-0.41666666666666663, -0.16666666666666666, -1.3333333333333333}},
    {GanLoss::hinge,
     1.8166666666666667,
     {-kThird, -kThird, 0.0, kThird, kThird, 0.0},
     0.9166666666666666,
     {-kThird, -kThird, -kThird}},
    {GanLoss::wasserstein,
     -1.1833333333333333,
     {-kThird, -kThird, -kThird, kThird, kThird, kThird},
     0.9166666666666666,
     {-kThird, -kThird, -kThird}}};

TEST_P(GanLossTest, LossesArePyTorchs) {
  for (const GoldenLoss& golden : kGoldenLosses) {
    SCOPED_TRACE(static_cast<int>(golden.loss));
    const double other = models::target_of_generated(golden.loss);
    const Tensor outputs = leaf({0.3, -1.5, 2, -0.25, 0.5, -3}, {6, 1});
    const Tensor d = models::discriminator_loss(golden.loss, outputs,
                                                tensor({1, 1, 1, other, other, other}, {6, 1}));
    backward(d);
    EXPECT_TRUE(near(d.item(), golden.discriminator, 4 * tolerance(), 0));
    EXPECT_TRUE(near(values_of(outputs.grad()), golden.discriminator_gradient, tolerance(), 0));
    const Tensor generated = leaf({-0.25, 0.5, -3}, {3, 1});
    const Tensor g = models::generator_loss(golden.loss, generated, tensor({1, 1, 1}, {3, 1}));
    backward(g);
    EXPECT_TRUE(near(g.item(), golden.generator, 4 * tolerance(), 0));
    EXPECT_TRUE(near(values_of(generated.grad()), golden.generator_gradient, tolerance(), 0));
  }
}

// PyTorch 2 in float64: x = tensor([[0.3, -1.5, 2], [-0.25, 0.5, -3], [1.5, 0.2, -0.7],
// [-2, 0.4, 1.1]]), r = x[:2], f = x[2:], c = tensor([[0., 1], [1, 0]]) the categories of f,
// code = 0.5 * bce(f[:, 1:], c, reduction='sum') / 2
//   bce(r[:, 0], ones(2)) + bce(f[:, 0], zeros(2)) + code; bce(f[:, 0], ones(2)) + code
TEST_P(GanLossTest, CategoriesArePyTorchs) {
  const Tensor outputs = leaf({0.3, -1.5, 2, -0.25, 0.5, -3, 1.5, 0.2, -0.7, -2, 0.4, 1.1}, {4, 3});
  const Tensor d = models::discriminator_loss(
      GanLoss::logits, outputs, tensor({1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0}, {4, 3}),
      tensor({1, 0, 0, 1, 0, 0, 1, 0.5, 0.5, 1, 0.5, 0.5}, {4, 3}));
  backward(d);
  EXPECT_TRUE(near(d.item(), 2.554736850632156, 4 * tolerance(), 0));
  EXPECT_TRUE(
      near(values_of(outputs.grad()),
           std::vector<double>{-0.21277874159417048, 0, 0, -0.28108825044289903, 0, 0,
                               0.4087872380968218, 0.1374584993281195, -0.16704694304204154,
                               0.05960146101105877, -0.100328084971887, 0.18756502639877942},
           4 * tolerance(), 0));
  const Tensor generated = leaf({1.5, 0.2, -0.7, -2, 0.4, 1.1}, {2, 3});
  const Tensor g =
      models::generator_loss(GanLoss::logits, generated, tensor({1, 0, 1, 1, 1, 0}, {2, 3}),
                             tensor({1, 0.5, 0.5, 1, 0.5, 0.5}, {2, 3}));
  backward(g);
  EXPECT_TRUE(near(g.item(), 2.114589518458471, 4 * tolerance(), 0));
  EXPECT_TRUE(
      near(values_of(generated.grad()),
           std::vector<double>{-0.09121276190317817, 0.1374584993281195, -0.16704694304204154,
                               -0.4403985389889412, -0.100328084971887, 0.18756502639877942},
           4 * tolerance(), 0));
}

// {w1, b1, w2, b2} of a net 3-2-1.
models::Discriminator net_of(Tensors w, Activation hidden) {
  return [w, hidden](const Tensor& x) { return linear(linear(x, w[0], w[1], hidden), w[2], w[3]); };
}

// PyTorch 2 in float64:
//   W1 = tensor([[0.5, -1, 0.25], [1.5, 0.75, -0.5]]); b1 = tensor([0.1, -0.2])
//   W2 = tensor([[1.25, -0.5]]); real = tensor([[1, 0, 0.5], [0.25, 2, 1]])
//   fake = tensor([[0, 0.5, 0.25], [1, 1, 0.5]]); e = tensor([[0.25], [0.75]])
//   x = (e * real + (1 - e) * fake).requires_grad_(); d = F.leaky_relu(x @ W1.T + b1, 0.25) @ W2.T
//   g, = grad(d.sum(), x, create_graph=True); gp = 10 * ((g.norm(2, dim=1) - 1)**2).mean()
//   gp.backward()
// and, below, the same with g[:, :2].
TEST_P(GanLossTest, GradientPenaltyIsPyTorchs) {
  struct GoldenPenalty {
    std::int64_t pixels;
    double value;
    std::vector<double> dw1, dw2;
  };
  const GoldenPenalty golden_penalties[] = {
      {3,
       0.01166395559301105,
       {0.13121939282892214, 0.15193824432822564, -0.07251598024756224, -0.20995102852627542,
        -0.24310119092516103, 0.11602556839609958},
       {-0.0835660343805241, 1.1105304403626675}},
      {2,
       0.08390080781420864,
       {0.37418668966307717, 0.4332687985572472, 0.0, -0.5986987034609235, -0.6932300776915955,
        0.0},
       {-0.19694036298056689, 2.8359412269201636}}};
  const Tensor real = tensor({1, 0, 0.5, 0.25, 2, 1}, {2, 3});
  const Tensor fake = tensor({0, 0.5, 0.25, 1, 1, 0.5}, {2, 3}), mix = tensor({0.75, 0.25}, {2});
  for (const GoldenPenalty& golden : golden_penalties) {
    const std::vector<Tensor> w = {leaf({0.5, -1, 0.25, 1.5, 0.75, -0.5}, {2, 3}),
                                   leaf({0.1, -0.2}, {2}), leaf({1.25, -0.5}, {1, 2}),
                                   leaf({0}, {1})};
    const Tensor penalty = models::gradient_penalty(net_of(w, {ActivationKind::leaky_relu, 0.25f}),
                                                    real, fake, mix, golden.pixels, 10);
    backward(penalty);
    const double rtol = 100 * tolerance() + 1e-9;  // PyTorch's length has no 1e-12 under the root
    EXPECT_TRUE(near(penalty.item(), golden.value, rtol, 0));
    EXPECT_TRUE(near(values_of(w[0].grad()), golden.dw1, rtol, 1e-12));
    EXPECT_TRUE(near(values_of(w[2].grad()), golden.dw2, rtol, 0));
  }
}

TEST_P(GanLossTest, GradientPenaltyByDifferences) {
  const std::vector<Input> net = {signed_input({4, 3}, 1), signed_input({4}, 2),
                                  signed_input({1, 4}, 3), signed_input({1}, 4)};
  for (const std::int64_t pixels : {3, 2}) {
    check(
        [=](Tensors w) {
          const Tensor real =
              make_tensor({0.5, 0.25, 1, 0, 0.75, 0.5}, {2, 3}, w[0].device(), w[0].dtype());
          const Tensor mix = make_tensor({0.25, 0.5}, {2}, w[0].device(), w[0].dtype());
          return models::gradient_penalty(net_of(w, {ActivationKind::tanh}), real, square(real),
                                          mix, pixels, 10);
        },
        net, 1);
  }
}

// A critic without any slope: its gradient must not be NaN.
TEST_P(GanLossTest, PenaltyOfAFlatCriticIsFinite) {
  const std::vector<Tensor> w = {leaf({0, 0}, {1, 2}), leaf({0}, {1}), leaf({1}, {1, 1}),
                                 leaf({0}, {1})};
  const Tensor x = tensor({1, 2, 3, 4}, {2, 2});
  const Tensor penalty =
      models::gradient_penalty(net_of(w, {}), x, x, tensor({0.5, 0.5}, {2}), 2, 10);
  backward(penalty);
  EXPECT_TRUE(near(penalty.item(), 10, 1e-4, 0));
  for (const double gradient : values_of(w[0].grad())) EXPECT_TRUE(std::isfinite(gradient));
}

KILN_ON_EVERY_PLACE(GanLossTest);

}  // namespace
}  // namespace kiln::test
