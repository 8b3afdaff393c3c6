// SPDX-License-Identifier: MIT
#include "engine/ops/matmul.h"

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using MatmulTest = OpTest;
using Tensors = const std::vector<Tensor>&;

Shape shape_of(std::int64_t rows, std::int64_t cols, bool transposed) {
  return transposed ? Shape{cols, rows} : Shape{rows, cols};
}

TEST_P(MatmulTest, GradientsInAllTransposeCases) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      SCOPED_TRACE(::testing::Message() << "transposed " << transpose_a << transpose_b);
      check([=](Tensors x) { return matmul(x[0], x[1], transpose_a, transpose_b); },
            {signed_input(shape_of(2, 3, transpose_a), 1),
             signed_input(shape_of(3, 4, transpose_b), 2)},
            3);
    }
  }
}

// x x^T and x^T x: both gradients arrive at one tensor.
TEST_P(MatmulTest, OneTensorAsBothOperands) {
  check([](Tensors x) { return matmul(x[0], x[0], false, true); }, {signed_input({2, 3})}, 3);
  check([](Tensors x) { return matmul(x[0], x[0], true, false); }, {signed_input({2, 3})}, 3);
}

// Against a plain triple loop, bit for bit: sums of small integers are exact.
TEST_P(MatmulTest, ValuesInAllTransposeCases) {
  constexpr std::int64_t m = 5, k = 33, n = 18;
  const auto a = random_integers<double>(m * k, 4, 1);
  const auto b = random_integers<double>(k * n, 4, 2);
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      std::vector<double> expected;
      for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
          double total = 0;
          for (std::int64_t l = 0; l < k; ++l) {
            total += a[static_cast<std::size_t>(transpose_a ? l * m + i : i * k + l)] *
                     b[static_cast<std::size_t>(transpose_b ? j * k + l : l * n + j)];
          }
          expected.push_back(total);
        }
      }
      const Tensor product =
          matmul(tensor(a, shape_of(m, k, transpose_a)), tensor(b, shape_of(k, n, transpose_b)),
                 transpose_a, transpose_b);
      EXPECT_EQ(product.shape(), (Shape{m, n}));
      EXPECT_TRUE(near(values_of(product), expected, 0, 0));
    }
  }
}

TEST_P(MatmulTest, IntoAddsWhenAsked) {
  const Tensor out = tensor({10, 20}, {1, 2});
  const Tensor a = tensor({2}, {1, 1}), b = tensor({3, 4}, {1, 2});
  matmul_into(a, b, false, false, out, true);
  EXPECT_TRUE(same_bits(values_of(out), {16, 28}));
  matmul_into(a, b, false, false, out, false);
  EXPECT_TRUE(same_bits(values_of(out), {6, 8}));
}

TEST_P(MatmulTest, AnEmptySumIsZero) {
  const Tensor product = matmul(leaf({}, {2, 0}), tensor({}, {0, 3}));
  EXPECT_TRUE(same_bits(values_of(product), std::vector<double>(6, 0.0)));
}

TEST_P(MatmulTest, Errors) {
  const Tensor a = tensor({1, 2, 3, 4, 5, 6}, {2, 3});
  expect_error([&] { matmul(a, a); }, "[matmul] (2,3) x (2,3): 3 != 2");
  expect_error([&] { matmul(a, a, true, true); }, "[matmul] (2,3)^T x (2,3)^T: 2 != 3");
  expect_error(
      [&] {
        matmul(a, tensor({1, 2, 3}, {3}));
      },
      "[matmul] (2,3) x (3): both must be matrices");
  const Tensor bytes = Tensor::from_host(std::vector<std::uint8_t>{1, 2, 3}, {3, 1}, device());
  expect_error([&] { matmul(a, bytes); }, std::string("[matmul] ") + name_of(dtype()) + " on " +
                                              device().name() + " does not match uint8 on " +
                                              device().name());
}

KILN_ON_EVERY_PLACE(MatmulTest);

}  // namespace
}  // namespace kiln::test
