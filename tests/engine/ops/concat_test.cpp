// SPDX-License-Identifier: MIT
#include "engine/ops/concat.h"

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using ConcatTest = OpTest;
using Tensors = const std::vector<Tensor>&;

// Squared, so that the second derivative is not zero.
TEST_P(ConcatTest, Gradients) {
  const std::vector<Input> ab = {signed_input({3, 4}, 1), signed_input({3, 2}, 2)};
  check([](Tensors x) { return concat_columns(x[0], x[1]); }, ab);
  check([](Tensors x) { return square(concat_columns(x[0], x[1])); }, ab, 3);
  check([](Tensors x) { return square(columns(x[0], 1, 2)); }, {signed_input({3, 4})}, 3);
  check([](Tensors x) { return square(pad_columns(x[0], 1, 6)); }, {signed_input({3, 4})}, 3);
  // One tensor on both sides: the second gradient is added to the first.
  check([](Tensors x) { return square(concat_columns(x[0], x[0])); }, {signed_input({3, 4})}, 3);
}

TEST_P(ConcatTest, EmptyTensors) {
  const Input some = signed_input({3, 2}), no_columns = {{3, 0}, {}}, no_rows = {{0, 2}, {}};
  check([](Tensors x) { return concat_columns(x[0], x[1]); }, {some, no_columns});
  check([](Tensors x) { return concat_columns(x[0], x[1]); }, {no_columns, some});
  check([](Tensors x) { return concat_columns(x[0], x[1]); }, {no_rows, no_rows});
  check([](Tensors x) { return columns(x[0], 2, 0); }, {some});
  check([](Tensors x) { return pad_columns(x[0], 1, 3); }, {no_columns});
}

TEST_P(ConcatTest, Values) {
  const Tensor a = tensor({1, 2, 3, 4}, {2, 2}), b = tensor({5, 6}, {2, 1});
  const Tensor joined = concat_columns(a, b);
  EXPECT_EQ(joined.shape(), (Shape{2, 3}));
  EXPECT_TRUE(same_bits(values_of(joined), {1, 2, 5, 3, 4, 6}));
  EXPECT_TRUE(same_bits(values_of(columns(joined, 1, 2)), {2, 5, 4, 6}));
  EXPECT_TRUE(same_bits(values_of(pad_columns(b, 1, 3)), {0, 5, 0, 0, 6, 0}));
  write_columns(b, joined, 0);
  EXPECT_TRUE(same_bits(values_of(joined), {5, 2, 5, 6, 4, 6}));
  write_columns(a, 1, 1, joined, 2);
  EXPECT_TRUE(same_bits(values_of(joined), {5, 2, 2, 6, 4, 4}));
}

TEST_P(ConcatTest, Errors) {
  const Tensor a = tensor({1, 2, 3, 4}, {2, 2}), b = tensor({5, 6, 7}, {3, 1});
  const Tensor bytes = Tensor::from_host(std::vector<std::uint8_t>(2), {2, 1}, device());
  expect_error([&] { concat_columns(a, b); },
               "[concat_columns] (2,2) and (3,1) are not matrices with the same number of rows");
  expect_error([&] { concat_columns(a.slice(0, {4}), b); },
               "[concat_columns] (4) and (3,1) are not matrices with the same number of rows");
  expect_error([&] { concat_columns(a, bytes); },
               std::string("[concat_columns] ") + name_of(dtype()) + " on " + device().name() +
                   " does not match uint8 on " + device().name());
  expect_error([&] { columns(a, 1, 2); }, "[columns] 2 columns from 1 on are not in 2 for (2,2)");
  expect_error([&] { columns(a, -1, 1); }, "[columns] 1 columns from -1 on are not in 2 for (2,2)");
  expect_error([&] { columns(a, 2, -1); }, "[columns] -1 columns from 2 on are not in 2 for (2,2)");
  expect_error([&] { pad_columns(a, 0, 1); },
               "[pad_columns] 2 columns from 0 on are not in 1 for (2,2)");
  expect_error([&] { write_columns(a, 1, 2, a, 0); },
               "[write_columns] 2 columns from 1 on are not in 2 for (2,2)");
  expect_error([&] { write_columns(b, a, 0); },
               "[write_columns] (3,1) and (2,2) are not matrices with the same number of rows");
  expect_error([&] { write_columns(a, a, 1); },
               "[write_columns] 2 columns from 1 on are not in 2 for (2,2)");
}

KILN_ON_EVERY_PLACE(ConcatTest);

}  // namespace
}  // namespace kiln::test
