// SPDX-License-Identifier: MIT
// The formulas themselves, in double: values against PyTorch, derivatives against differences.
#include "tests/kernels/pointwise_ops.h"

#include "tests/support/near.h"

namespace kiln::test {
namespace {

TEST(PointwiseOps, DerivativeIsTheCentralDifference) {
  for_each_op([](auto op) {
    int compared = 0;
    // None of these is within a step of a kink at a round number.
    for (const double x : {-7.3, -2.9, -1.31, -0.77, -0.0123, 0.0123, 0.31, 0.77, 1.31, 2.9, 7.3}) {
      const double h = 1e-5 * std::abs(x);
      const double difference = (op.forward(x + h) - op.forward(x - h)) / (2 * h);
      if (!std::isfinite(difference)) continue;  // outside the op's domain
      EXPECT_TRUE(near(op.derivative(x, op.forward(x)), difference, 1e-6, 1e-8)) << "x = " << x;
      ++compared;
    }
    EXPECT_GE(compared, 5);
  });
}

template <class Op>
void expect_values(Op op, const std::vector<double>& expected) {
  SCOPED_TRACE(Op::name);
  std::vector<double> values;
  for (const double x : {-3.0, -0.75, 0.0, 0.5, 2.25}) values.push_back(op.forward(x));
  EXPECT_TRUE(near(values, expected, 1e-15, 0));
}

// PyTorch: [float(v) for v in f(torch.tensor([-3.0, -0.75, 0.0, 0.5, 2.25], dtype=torch.float64))]
// with f = F.relu, lambda x: F.leaky_relu(x, 0.25), torch.sigmoid, torch.tanh, F.softplus, ...
TEST(PointwiseOps, ValuesArePyTorchs) {
  expect_values(kernels::Relu{}, {0, 0, 0, 0.5, 2.25});
  expect_values(kernels::LeakyRelu{0.25f}, {-0.75, -0.1875, 0, 0.5, 2.25});
  expect_values(kernels::Sigmoid{}, {0.04742587317756678, 0.320821300824607, 0.5,
                                     0.6224593312018546, 0.9046505351008906});
  expect_values(kernels::Tanh{}, {-0.9950547536867305, -0.6351489523872873, 0.0, 0.4621171572600098,
                                  0.9780261147388136});
  expect_values(kernels::Softplus{}, {0.04858735157374206, 0.38687100611489994, 0.6931471805599453,
                                      0.9740769841801067, 2.350206558916747});
  expect_values(kernels::Exp{}, {0.049787068367863944, 0.4723665527410147, 1.0, 1.6487212707001282,
                                 9.487735836358526});
  expect_values(kernels::Square{}, {9, 0.5625, 0, 0.25, 5.0625});
  expect_values(kernels::Abs{}, {3, 0.75, 0, 0.5, 2.25});
  expect_values(kernels::Sign{}, {-1, -1, 0, 1, 1});
  expect_values(kernels::Step{}, {0, 0, 0, 1, 1});
  expect_values(kernels::ClampMin{0.5f}, {0.5, 0.5, 0.5, 0.5, 2.25});
  expect_values(kernels::Affine{2, 1}, {-5, -0.5, 1, 2, 5.5});
}

TEST(PointwiseOps, StayFiniteFarFromZero) {
  for (const float x : {-1e4f, -100.0f, 100.0f, 1e4f}) {
    const bool positive = x > 0;
    EXPECT_TRUE(near(kernels::Sigmoid{}.forward(x), positive ? 1 : 0, 0, 1e-30));
    EXPECT_TRUE(near(kernels::Softplus{}.forward(x), positive ? x : 0.0f, 0, 1e-30));
    EXPECT_TRUE(near(kernels::Softplus{}.derivative(x, 0.0f), positive ? 1 : 0, 0, 1e-30));
    EXPECT_EQ(kernels::Tanh{}.forward(x), positive ? 1 : -1);
  }
}

}  // namespace
}  // namespace kiln::test
