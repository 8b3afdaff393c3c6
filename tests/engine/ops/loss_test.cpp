// SPDX-License-Identifier: MIT
#include "engine/ops/loss.h"

#include <cmath>

#include "engine/ops/linear.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using LossTest = OpTest;
using Tensors = const std::vector<Tensor>&;

const std::vector<double> kTargets = {0, 1, 0.3, 1, 0, 0.8};

// Every loss of the list: probabilities for all, which are valid logits too.
#define KILN_TEST(Loss, snake_case_name)                                                           \
  TEST_P(LossTest, Loss##Weights) {                                                                \
    check(                                                                                         \
        [](Tensors x) {                                                                            \
          const auto like_x = [&](const std::vector<double>& values) {                             \
            return make_tensor(values, {2, 3}, x[0].device(), x[0].dtype());                       \
          };                                                                                       \
          return sum_loss(kernels::Loss{}, x[0], like_x(kTargets), like_x({1, 0, 2, 0.5, 1, 3}),   \
                          0.25);                                                                   \
        },                                                                                         \
        {input({2, 3}, 0.1, 0.9)}, 3);                                                             \
  }                                                                                                \
  TEST_P(LossTest, Loss##TensorTarget) {                                                           \
    check(                                                                                         \
        [](Tensors x) {                                                                            \
          return snake_case_name(x[0],                                                             \
                                 make_tensor(kTargets, {2, 3}, x[0].device(), x[0].dtype()));      \
        },                                                                                         \
        {input({2, 3}, 0.1, 0.9)}, 3);                                                             \
  }                                                                                                \
  TEST_P(LossTest, Loss##ConstantTarget) {                                                         \
    for (const double target : {0.0, 1.0, 0.25}) {                                                 \
      check([=](Tensors x) { return snake_case_name(x[0], target); }, {input({5}, 0.1, 0.9)}, 3);  \
      check([=](Tensors x) { return snake_case_name(sigmoid(x[0]), target); },                     \
            {signed_input({2, 2})});                                                               \
    }                                                                                              \
  }                                                                                                \
  TEST_P(LossTest, Loss##ConstantEqualsTensor) {                                                   \
    const Tensor x = tensor({0.2, 0.7, 0.5}, {3});                                                 \
    EXPECT_EQ(snake_case_name(x, 0.25).item(), snake_case_name(x, constant_like(x, 0.25)).item()); \
  }
KILN_LOSSES(KILN_TEST)
#undef KILN_TEST

// The gradient that the forward pass made is used once: a second pass adds the same again, and what
// another op adds to it does not come back.
TEST_P(LossTest, BackwardTwice) {
  const Tensor x = leaf({0.5, -1}, {2});
  const Tensor y = affine(x, 1, 0);  // not a leaf, whose gradient has a place already
  const Tensor total = sum(y);       // before the loss: its gradient comes after
  const Tensor loss = squared_error(y, 0.0);
  backward(loss + total);
  EXPECT_TRUE(near(values_of(x.grad()), std::vector<double>{1.5, 0}, tolerance(), 0));
  backward(loss);
  EXPECT_TRUE(near(values_of(x.grad()), std::vector<double>{2, -1}, tolerance(), 0));
  const Tensor w = leaf({0.5, -0.5}, {1, 2});
  const Tensor again =
      bce_with_logits(linear(tensor({1, 2}, {1, 2}), w, {}, {ActivationKind::sigmoid}), 1.0);
  backward(again);
  const std::vector<double> first = values_of(w.grad());
  backward(again);
  EXPECT_TRUE(near(values_of(w.grad()), std::vector<double>{2 * first[0], 2 * first[1]},
                   10 * tolerance(), 0));
}

TEST_P(LossTest, Values) {
  const Tensor x = tensor({0.25, 0.5}, {2});
  const Tensor t = tensor({1, 0}, {2});
  EXPECT_TRUE(near(log_loss(x, t).item(), std::log(8.0) / 2, tolerance(), 0));
  EXPECT_TRUE(near(squared_error(x, t).item(), (0.5625 + 0.25) / 2, tolerance(), 0));
  EXPECT_TRUE(near(bce_with_logits(x, t).item(),
                   (std::log1p(std::exp(-0.25)) + std::log1p(std::exp(0.5))) / 2, tolerance(), 0));
}

// At probabilities 0 and 1 each log is -100 and the gradient stays finite, as in PyTorch.
TEST_P(LossTest, LogLossAtCertainty) {
  const Tensor x = leaf({0, 1}, {2});
  EXPECT_EQ(log_loss(x, 1.0).item(), 50);
  EXPECT_EQ(log_loss(x, 0.0).item(), 50);
  backward(log_loss(x, 1.0));
  EXPECT_TRUE(near(values_of(x.grad()), std::vector<double>{-0.5e12, 0}, 1e-6, 0));
}

TEST_P(LossTest, LogitsOfAnySizeAreFinite) {
  const Tensor x = leaf({-1000, 1000}, {2});
  EXPECT_EQ(bce_with_logits(x, 1.0).item(), 500);
  backward(bce_with_logits(x, 1.0));
  EXPECT_TRUE(near(values_of(x.grad()), std::vector<double>{-0.5, 0}, 0, 0));
}

TEST_P(LossTest, TargetIsAConstant) {
  const Tensor x = leaf({0.2, 0.6}, {2});
  const Tensor t = leaf({1, 0}, {2});
  backward(squared_error(x, t));
  EXPECT_TRUE(same_bits(values_of(t.grad()), {0, 0}));
  expect_error([&] { grad(squared_error(x, t), {t}); },
               "[grad] the output does not depend on input 0");
}

TEST_P(LossTest, Errors) {
  const Tensor x = tensor({0.2, 0.6}, {2});
  expect_error(
      [&] {
        log_loss(x, tensor({1, 0}, {1, 2}));
      },
      "[log_loss] prediction (2) does not match target (1,2)");
  expect_error([&] { sum_loss(kernels::LogLoss{}, x, x, tensor({1}, {1}), 1); },
               "[log_loss] prediction (2) does not match target (1)");
  const Tensor bytes = Tensor::from_host(std::vector<std::uint8_t>(2), {2}, device());
  expect_error([&] { squared_error(x, bytes); }, std::string("[squared_error] ") +
                                                     name_of(dtype()) + " on " + device().name() +
                                                     " does not match uint8 on " + device().name());
}

KILN_ON_EVERY_PLACE(LossTest);

}  // namespace
}  // namespace kiln::test
