// SPDX-License-Identifier: MIT
#include "engine/ops/rows.h"

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using RowsTest = OpTest;
using Tensors = const std::vector<Tensor>&;

TEST_P(RowsTest, Gradients) {
  check([](Tensors x) { return row_sum(x[0]); }, {signed_input({3, 4})});
  check([](Tensors x) { return square(row_sum(x[0])); }, {signed_input({3, 4})}, 3);
  check([](Tensors x) { return square(broadcast_columns(x[0], 3)); }, {signed_input({4})}, 3);
  check([](Tensors x) { return broadcast_columns(row_sum(x[0]), 4) * x[0]; },
        {signed_input({3, 4})}, 3);
  check([](Tensors x) { return square(repeated_rows(x[0], 3)); }, {signed_input({2, 2})}, 3);
  check([](Tensors x) { return row_sum(x[0]); }, {{{3, 0}, {}}});
  check([](Tensors x) { return broadcast_columns(x[0], 3); }, {{{0}, {}}});
}

TEST_P(RowsTest, Values) {
  EXPECT_TRUE(same_bits(values_of(row_sum(tensor({1, 2, 3, 4, 5, 6}, {2, 3}))), {6, 15}));
  EXPECT_TRUE(same_bits(values_of(broadcast_columns(tensor({1, 2}, {2}), 2)), {1, 1, 2, 2}));
  EXPECT_TRUE(same_bits(values_of(repeated_rows(tensor({1, 2, 3, 4}, {2, 2}), 2)),
                        {1, 2, 3, 4, 1, 2, 3, 4}));
}

TEST_P(RowsTest, Errors) {
  const Tensor x = tensor({1, 2, 3}, {3});
  expect_error([&] { row_sum(x); }, "[row_sum] shape (3) is not (rows,cols)");
  expect_error(
      [&] {
        broadcast_columns(x.slice(0, {1, 3}), 2);
      },
      "[broadcast_columns] shape (1,3) is not (rows)");
  expect_error([&] { repeated_rows(x, 2); }, "[repeated_rows] shape (3) is not (rows,cols)");
}

KILN_ON_EVERY_PLACE(RowsTest);

}  // namespace
}  // namespace kiln::test
