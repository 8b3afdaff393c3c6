// SPDX-License-Identifier: MIT
// The loss formulas themselves, in double: golden values of PyTorch, derivatives by differences.
#include "tests/kernels/losses.h"

#include <limits>

#include "tests/support/near.h"

namespace kiln::test {
namespace {

struct Golden {
  double x, t, value, derivative;
};

template <class Loss, std::size_t n>
void expect_golden(Loss loss, const Golden (&golden)[n], double derivative_rtol) {
  for (const Golden& g : golden) {
    EXPECT_TRUE(near(loss.value(g.x, g.t), g.value, 1e-14, 0)) << "x " << g.x << " t " << g.t;
    EXPECT_TRUE(near(loss.derivative(g.x, g.t), g.derivative, derivative_rtol, 0))
        << "x " << g.x << " t " << g.t;
  }
}

// PyTorch 2, x and t in float64:
//   l = F.binary_cross_entropy(x, t, reduction='none'); l.sum().backward(); l, x.grad
// whose 1e-12 is a float constant, 4e-9 off.
TEST(Losses, LogLossIsPyTorchs) {
  constexpr Golden kGolden[] = {{0, 0, 0, 0},
                                {0, 1, 100, -1000000003995.8029},
                                {0, 0.5, 50, -500000001997.9014},
                                {1, 0, 100, 1000000003995.8029},
                                {1, 1, 0, 0},
                                {1, 0.5, 50, 500000001997.9014},
                                {0.25, 1, 1.3862943611198906, -4},
                                {0.25, 0.3, 0.6172657590522138, -0.2666666666666666},
                                {0.9, 0, 2.302585092994046, 10.000000000000002}};
  expect_golden(kernels::LogLoss{}, kGolden, 1e-8);
}

// PyTorch 2, x and t in float64:
//   l = F.binary_cross_entropy_with_logits(x, t, reduction='none'); l.sum().backward(); l, x.grad
// except at x = -100, t = 0 and x = 100, t = 1, where PyTorch 1 and 2 differ: softplus(-100) is
// exp(-100) to the last bit.
TEST(Losses, BceWithLogitsIsPyTorchs) {
  constexpr double kTiny = 3.720075976020836e-44;
  constexpr Golden kGolden[] = {{-1e4, 1, 1e4, -1},
                                {-100, 0, kTiny, kTiny},
                                {-100, 1, 100, -1},
                                {-0.5, 1, 0.9740769841801067, -0.6224593312018546},
                                {0, 0.5, 0.6931471805599453, 0},
                                {0.5, 0.25, 0.8490769841801067, 0.3724593312018546},
                                {100, 0, 100, 1},
                                {100, 1, kTiny, 0},
                                {1e4, 0, 1e4, 1},
                                {1e4, 1, 0, 0},
                                {-1e4, 0, 0, 0}};
  expect_golden(kernels::BceWithLogits{}, kGolden, 1e-14);
}

// l, dl/dx by hand on either side of the margin, for both classes.
TEST(Losses, HingeAndWasserstein) {
  constexpr Golden kHinge[] = {{0.25, 1, 0.75, -1}, {1.5, 1, 0, 0},   {-2, 1, 3, -1},
                               {0.25, -1, 1.25, 1}, {-1.5, -1, 0, 0}, {2, -1, 3, 1}};
  constexpr Golden kWasserstein[] = {{0.25, 1, -0.25, -1}, {-2, 1, 2, -1}, {3, -1, 3, 1}};
  expect_golden(kernels::Hinge{}, kHinge, 0);
  expect_golden(kernels::Wasserstein{}, kWasserstein, 0);
}

TEST(Losses, DerivativeIsTheCentralDifference) {
  for_each_loss([](auto loss) {
    for (const double x : {0.07, 0.31, 0.5, 0.77, 0.93}) {
      for (const double t : {0.0, 0.3, 1.0}) {
        const double h = 1e-6;
        const double difference = (loss.value(x + h, t) - loss.value(x - h, t)) / (2 * h);
        EXPECT_TRUE(near(loss.derivative(x, t), difference, 1e-7, 1e-8)) << "x " << x << " t " << t;
      }
    }
  });
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Losses, NanStaysNan) {
  for_each_loss([](auto loss) {
    EXPECT_TRUE(std::isnan(loss.value(kNan, 0.25f)));
    EXPECT_TRUE(std::isnan(loss.value(0.5f, kNan)));
    if (!std::is_same_v<decltype(loss), kernels::Wasserstein>) {  // its slope does not depend on x
      EXPECT_TRUE(std::isnan(loss.derivative(kNan, 0.25f)));
    }
    EXPECT_TRUE(std::isnan(loss.derivative(0.5f, kNan)));
  });
}

}  // namespace
}  // namespace kiln::test
