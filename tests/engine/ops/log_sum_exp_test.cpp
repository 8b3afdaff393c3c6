// SPDX-License-Identifier: MIT
#include "engine/ops/log_sum_exp.h"

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using LogSumExpTest = OpTest;
using Tensors = const std::vector<Tensor>&;

TEST_P(LogSumExpTest, Gradients) {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 4}, Shape{7, 2}}) {
    check([](Tensors x) { return column_log_sum_exp(x[0]); }, {signed_input(shape)}, 3);
  }
  check([](Tensors x) { return column_log_sum_exp(x[0]); }, {{{2, 0}, {}}});
}

// torch.logsumexp(torch.tensor([[1., -2., .5], [0., 3., -1.]], dtype=torch.float64), 0)
TEST_P(LogSumExpTest, ValuesOfPyTorch) {
  const Tensor x = tensor({1, -2, 0.5, 0, 3, -1}, {2, 3});
  const std::vector<double> expected = {1.3132616875182228, 3.0067153484891178, 0.7014132779827524};
  EXPECT_TRUE(near(values_of(column_log_sum_exp(x)), expected, tolerance(), 0));
}

TEST_P(LogSumExpTest, Errors) {
  expect_error(
      [&] {
        column_log_sum_exp(tensor({1, 2}, {2}));
      },
      "[column_log_sum_exp] shape (2) is not (rows,cols) with a row");
  expect_error(
      [&] {
        column_log_sum_exp(tensor({}, {0, 2}));
      },
      "[column_log_sum_exp] shape (0,2) is not (rows,cols) with a row");
}

KILN_ON_EVERY_PLACE(LogSumExpTest);

}  // namespace
}  // namespace kiln::test
