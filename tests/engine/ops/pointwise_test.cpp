// SPDX-License-Identifier: MIT
#include "engine/ops/pointwise.h"

#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using PointwiseTest = OpTest;

template <class Op>
inline constexpr bool kNeedsPositive =
    std::is_same_v<Op, kernels::Log> || std::is_same_v<Op, kernels::Sqrt>;

// Every op of the list with its default parameters. abs, relu and their like are tested on both
// sides of the kink, log and sqrt where they are defined.
#define KILN_TEST(Op, snake_case_name)                                                        \
  TEST_P(PointwiseTest, Op) {                                                                 \
    check([](const std::vector<Tensor>& x) { return snake_case_name(x[0]); },                 \
          {kNeedsPositive<kernels::Op> ? input({3, 5}, 0.3, 2.5) : signed_input({3, 5})}, 3); \
  }
KILN_POINTWISE_OPS(KILN_TEST)
#undef KILN_TEST

TEST_P(PointwiseTest, ParametersReachValueAndDerivative) {
  check([](const std::vector<Tensor>& x) { return affine(x[0], -2.5, 0.75); }, {input({7}, -2, 2)});
  check([](const std::vector<Tensor>& x) { return leaky_relu(x[0], 0.25); }, {signed_input({7})});
  check([](const std::vector<Tensor>& x) { return square(clamp_min(x[0], 0.5)); },
        {{{4}, {-1, 0.4, 0.6, 2}}});
}

// Derivatives of a composition use the graph of the op's own output.
TEST_P(PointwiseTest, Composition) {
  check(
      [](const std::vector<Tensor>& x) {
        return tanh(softplus(x[0]) * sigmoid(square(x[0])) + log(exp(x[0]) + 1));
      },
      {input({2, 3}, -1, 1)}, 3);
}

TEST_P(PointwiseTest, PiecewiseConstantOpsEndTheGraph) {
  const Tensor x = leaf({-1, 0, 2}, {3});
  EXPECT_FALSE(step(x).requires_grad());
  EXPECT_FALSE(sign(x).requires_grad());
  EXPECT_TRUE(same_bits(values_of(step(x)), {0, 0, 1}));
  EXPECT_TRUE(same_bits(values_of(sign(x)), {-1, 0, 1}));
}

TEST_P(PointwiseTest, ConstantLikeHasTheKindOfItsModel) {
  const Tensor made = constant_like(tensor({1, 2}, {1, 2}), 1.5);
  EXPECT_EQ(made.shape(), (Shape{1, 2}));
  EXPECT_EQ(made.dtype(), dtype());
  EXPECT_TRUE(made.device() == device());
  EXPECT_TRUE(same_bits(values_of(made), {1.5, 1.5}));
}

KILN_ON_EVERY_PLACE(PointwiseTest);

}  // namespace
}  // namespace kiln::test
