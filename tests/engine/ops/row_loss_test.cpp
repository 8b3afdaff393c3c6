// SPDX-License-Identifier: MIT
#include "engine/ops/row_loss.h"

#include "engine/ops/loss.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using RowLossTest = OpTest;
using Tensors = const std::vector<Tensor>&;

const std::vector<double> kRowTargets = {0, 1, 0.3, 1, 0, 0.8};

// Every loss of the list, of as many target rows as predictions and of fewer.
#define KILN_TEST(Loss, snake_case_name)                                                          \
  TEST_P(RowLossTest, Loss##Gradients) {                                                          \
    for (const std::int64_t rows : {2, 6}) {                                                      \
      check(                                                                                      \
          [](Tensors x) {                                                                         \
            return row_loss(kernels::Loss{}, x[0],                                                \
                            make_tensor(kRowTargets, {2, 3}, x[0].device(), x[0].dtype()));       \
          },                                                                                      \
          {input({rows, 3}, 0.1, 0.9)}, 3);                                                       \
    }                                                                                             \
  }                                                                                               \
  TEST_P(RowLossTest, Loss##OfOneRowIsTheSum) {                                                   \
    const Tensor x = tensor({0.2, 0.7, 0.5}, {1, 3}), t = tensor({0.1, 1, 0}, {1, 3});            \
    EXPECT_TRUE(near(values_of(row_loss(kernels::Loss{}, x, t)),                                  \
                     std::vector<double>{sum_loss(kernels::Loss{}, x, t, 1).item()}, tolerance(), \
                     tolerance()));                                                               \
  }
KILN_LOSSES(KILN_TEST)
#undef KILN_TEST

TEST_P(RowLossTest, RepeatsTheTarget) {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6, 7, 8}, {4, 2}), t = tensor({1, 2, 3, 5}, {2, 2});
  EXPECT_TRUE(same_bits(values_of(row_loss(kernels::SquaredError{}, x, t)), {0, 1, 32, 25}));
}

TEST_P(RowLossTest, Errors) {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6}, {3, 2}), t = tensor({1, 2, 3, 4}, {2, 2});
  expect_error([&] { row_loss(kernels::SquaredError{}, x, t); },
               "[squared_error] prediction (3,2) is not rows that match those of target (2,2)");
  expect_error(
      [&] {
        row_loss(kernels::SquaredError{}, x, t.slice(0, {1, 3}));
      },
      "[squared_error] prediction (3,2) is not rows that match those of target (1,3)");
  expect_error(
      [&] {
        row_loss(kernels::SquaredError{}, x, t.slice(0, {0, 2}));
      },
      "[squared_error] prediction (3,2) is not rows that match those of target (0,2)");
}

KILN_ON_EVERY_PLACE(RowLossTest);

}  // namespace
}  // namespace kiln::test
