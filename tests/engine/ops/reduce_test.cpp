// SPDX-License-Identifier: MIT
#include "engine/ops/reduce.h"

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using ReduceTest = OpTest;
using Tensors = const std::vector<Tensor>&;

// Each op alone, and squared, so that the second derivative is not zero.
#define KILN_TEST(Name, expression, ...)                                                 \
  TEST_P(ReduceTest, Name) {                                                             \
    check([](Tensors x) { return expression; }, {signed_input(__VA_ARGS__)});            \
    check([](Tensors x) { return square(expression); }, {signed_input(__VA_ARGS__)}, 3); \
  }
KILN_TEST(Sum, sum(x[0]), {3, 4})
KILN_TEST(ScaledSum, sum(x[0], -1.0 / 3), {3, 4})
KILN_TEST(SumOfAScalar, sum(x[0], 0.1), {})
KILN_TEST(Mean, mean(x[0]), {7})
KILN_TEST(Expand, expand(x[0], {2, 3}), {1, 1})
KILN_TEST(ColumnSum, column_sum(x[0]), {3, 4})
KILN_TEST(BroadcastRows, broadcast_rows(x[0], 3), {4})
KILN_TEST(Reshape, reshape(x[0], {3, 2, 2}), {4, 3})
#undef KILN_TEST

TEST_P(ReduceTest, Values) {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(sum(x).shape(), Shape{});
  EXPECT_EQ(sum(x).item(), 21);
  EXPECT_EQ(sum(x, 0.5).item(), 10.5);
  EXPECT_EQ(mean(x).item(), 3.5);
  EXPECT_TRUE(same_bits(values_of(column_sum(x)), {5, 7, 9}));
  EXPECT_TRUE(same_bits(values_of(broadcast_rows(tensor({1, 2}, {2}), 2)), {1, 2, 1, 2}));
  EXPECT_TRUE(same_bits(values_of(expand(tensor({3}, {1}), {2, 1})), {3, 3}));
  EXPECT_EQ(reshape(x, {6}).raw(), x.raw());
}

TEST_P(ReduceTest, LongSums) {
  constexpr std::int64_t n = 100003;
  const std::vector<double> values = random_integers<double>(n, 8, 5);
  double total = 0;
  for (const double value : values) total += value;
  EXPECT_EQ(sum(tensor(values, {n})).item(), total);
}

// The gradient of a mean is 1/n in the tensor's own precision.
TEST_P(ReduceTest, MeanGradientIsExact) {
  const Tensor x = leaf({1, 2, 3}, {3});
  const double third = is_double() ? 1.0 / 3 : static_cast<double>(1.0f / 3);
  backward(mean(x));
  EXPECT_TRUE(same_bits(values_of(x.grad()), std::vector<double>(3, third)));
  EXPECT_TRUE(same_bits(values_of(grad(mean(x), {x}, true)[0]), std::vector<double>(3, third)));
}

TEST_P(ReduceTest, Errors) {
  const Tensor x = tensor({1, 2, 3}, {3});
  expect_error([&] { column_sum(x); }, "[column_sum] shape (3) is not (rows,cols)");
  expect_error(
      [&] {
        broadcast_rows(reshape(x, {1, 3}), 2);
      },
      "[broadcast_rows] shape (1,3) is not (cols)");
  expect_error([&] { broadcast_rows(x, -1); }, "[shape] (-1,3) has a negative size");
  expect_error([&] { expand(x, {3}); }, "[expand] shape (3) is not one element");
  expect_error([&] { reshape(x, {2, 2}); }, "[reshape] (3) does not have the elements of (2,2)");
}

KILN_ON_EVERY_PLACE(ReduceTest);

}  // namespace
}  // namespace kiln::test
