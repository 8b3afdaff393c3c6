// SPDX-License-Identifier: MIT
// Convolutions and their gradients of first and second order against PyTorch's.
#include "tests/golden/conv_golden.h"

#include "engine/ops/conv.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using ConvGoldenTest = OpTest;

// ((i a) mod m) / m - 1/2, as scripts/golden/conv_golden.py makes them.
std::vector<double> golden_values(const Shape& shape, std::int64_t a, std::int64_t m) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    values.push_back(static_cast<double>(i * a % m) / static_cast<double>(m) - 0.5);
  }
  return values;
}

TEST_P(ConvGoldenTest, ValuesAndGradients) {
  for (const golden::ConvCase& c : golden::kConvCases) {
    SCOPED_TRACE(to_string(c.x) + " by " + to_string(c.weight));
    const Tensor x = leaf(golden_values(c.x, 37, 101), c.x);
    const Tensor weight = leaf(golden_values(c.weight, 53, 89), c.weight);
    const Tensor bias = leaf(golden_values({c.bias}, 29, 31), {c.bias});
    const ConvStep step = {c.stride, c.padding};
    const Tensor y =
        c.transposed ? conv_transpose2d(x, weight, bias, step) : conv2d(x, weight, bias, step);
    ASSERT_EQ(y.shape(), c.y);
    const double limit = is_double() ? 1e-11 : 2e-6;
    EXPECT_TRUE(near(values_of(y), c.y_values, limit, limit));
    const Tensor scalar = sum(y * tensor(golden_values(c.y, 43, 97), c.y));
    EXPECT_TRUE(near_gradients(fused_gradients(scalar, {x, weight, bias}),
                               {c.dx, c.dweight, c.dbias}, limit, limit));
    const Tensor dx = grad(scalar, {x}, true)[0];
    const Tensor second = sum(dx * dx * tensor(golden_values(c.x, 31, 83), c.x));
    EXPECT_TRUE(near(values_of(grad(second, {weight})[0]), c.second_dweight, limit, limit));
  }
}

KILN_ON_EVERY_PLACE(ConvGoldenTest);

}  // namespace
}  // namespace kiln::test
