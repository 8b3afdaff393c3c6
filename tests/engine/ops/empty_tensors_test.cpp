// SPDX-License-Identifier: MIT
// Tensors without elements through every op, forward and backward, fused and recorded.
#include "engine/data/gather.h"
#include "engine/ops/linear.h"
#include "engine/ops/loss.h"
#include "engine/ops/matmul.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using EmptyTensorsTest = OpTest;
using Tensors = const std::vector<Tensor>&;

TEST_P(EmptyTensorsTest, Pointwise) {
#define KILN_TEST(Op, snake_case_name) \
  check([](Tensors x) { return snake_case_name(x[0]); }, {{{0, 3}, {}}});
  KILN_POINTWISE_OPS(KILN_TEST)
#undef KILN_TEST
}

TEST_P(EmptyTensorsTest, Arithmetic) {
  const Input empty = {{2, 0}, {}}, scalar = {{}, {3}};
  for (const auto& [a, b] : {std::pair(empty, empty), {empty, scalar}, {scalar, empty}}) {
    check([](Tensors x) { return x[0] + x[1]; }, {a, b});
    check([](Tensors x) { return x[0] - x[1]; }, {a, b});
    check([](Tensors x) { return x[0] * x[1]; }, {a, b});
    check([](Tensors x) { return x[0] / x[1]; }, {a, b});
  }
}

TEST_P(EmptyTensorsTest, Reductions) {
  const Input empty = {{0, 3}, {}};
  check([](Tensors x) { return sum(x[0]); }, {empty});
  check([](Tensors x) { return mean(x[0]); }, {empty});
  check([](Tensors x) { return column_sum(x[0]); }, {empty});
  check([](Tensors x) { return column_sum(x[0]); }, {{{3, 0}, {}}});
  check([](Tensors x) { return broadcast_rows(x[0], 3); }, {{{0}, {}}});
  check([](Tensors x) { return broadcast_rows(x[0], 0); }, {{{2}, {1, 2}}});
  check([](Tensors x) { return expand(x[0], {0}); }, {{{}, {1}}});
  check([](Tensors x) { return reshape(x[0], {5, 0}); }, {empty});
}

TEST_P(EmptyTensorsTest, Losses) {
#define KILN_TEST(Loss, snake_case_name)                                        \
  check([](Tensors x) { return snake_case_name(x[0], 1.0); }, {{{0}, {}}});     \
  check([](Tensors x) { return snake_case_name(x[0], x[0]); }, {{{0, 2}, {}}}); \
  EXPECT_EQ(snake_case_name(tensor({}, {0}), 0.0).item(), 0);
  KILN_LOSSES(KILN_TEST)
#undef KILN_TEST
}

// (m,k) x (k,n) with each size 0 in turn.
TEST_P(EmptyTensorsTest, Matmul) {
  const std::int64_t sizes[][3] = {{0, 2, 3}, {2, 0, 3}, {2, 3, 0}, {0, 0, 0}};
  for (const auto& [m, k, n] : sizes) {
    check([](Tensors x) { return matmul(x[0], x[1]); },
          {signed_input({m, k}), signed_input({k, n})});
  }
}

// (batch, in, out) with each size 0 in turn, and every activation.
TEST_P(EmptyTensorsTest, Linear) {
  const std::int64_t sizes[][3] = {{0, 2, 3}, {2, 0, 3}, {2, 3, 0}};
  for (const auto& [batch, in, out] : sizes) {
    for (const auto kind : {ActivationKind::identity, ActivationKind::relu, ActivationKind::tanh}) {
      check([=](Tensors x) { return linear(x[0], x[1], x[2], {kind}); },
            {signed_input({batch, in}), signed_input({out, in}), signed_input({out})});
    }
  }
}

TEST_P(EmptyTensorsTest, Storage) {
  const Tensor x = tensor({}, {0, 4});
  EXPECT_EQ(x.numel(), 0);
  EXPECT_TRUE(values_of(x.clone()).empty());
  EXPECT_TRUE(values_of(x.to(Device::cpu())).empty());
  EXPECT_EQ(x.slice(0, {2, 0}).shape(), (Shape{2, 0}));
  x.copy_from(tensor({}, {0, 4}));
  x.fill(1);
  EXPECT_TRUE(values_of(x.grad()).empty());
}

TEST_P(EmptyTensorsTest, Gather) {
  const Tensor none = Tensor::from_host(std::vector<std::int32_t>{}, {0}, device());
  const Tensor rows = Tensor::from_host(std::vector<std::uint8_t>{1, 2}, {1, 2}, device());
  EXPECT_EQ(gather_rows(rows, none).shape(), (Shape{0, 2}));
  const Tensor one = Tensor::from_host(std::vector<std::int32_t>{0}, {1}, device());
  const Tensor flat = Tensor::from_host(std::vector<std::uint8_t>{}, {1, 0}, device());
  EXPECT_EQ(gather_rows(flat, one).shape(), (Shape{1, 0}));
}

KILN_ON_EVERY_PLACE(EmptyTensorsTest);

}  // namespace
}  // namespace kiln::test
