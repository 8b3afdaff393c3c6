// SPDX-License-Identifier: MIT
#include "engine/ops/arithmetic.h"

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using ArithmeticTest = OpTest;
using Tensors = const std::vector<Tensor>&;

struct Operator {
  const char* name;
  Tensor (*apply)(const Tensor& a, const Tensor& b);
};

const Operator kOperators[] = {
    {"add", [](const Tensor& a, const Tensor& b) { return a + b; }},
    {"sub", [](const Tensor& a, const Tensor& b) { return a - b; }},
    {"mul", [](const Tensor& a, const Tensor& b) { return a * b; }},
    {"div", [](const Tensor& a, const Tensor& b) { return a / b; }},
};

// One shape, and one element on either side, as a scalar and as a vector.
TEST_P(ArithmeticTest, GradientsForEveryBroadcast) {
  const std::pair<Shape, Shape> shapes[] = {{{3, 4}, {3, 4}}, {{}, {3, 4}},     {{3, 4}, {}},
                                            {{1}, {3, 4}},    {{3, 4}, {1, 1}}, {{}, {}},
                                            {{1}, {}},        {{}, {1, 1}}};
  for (const Operator& op : kOperators) {
    for (const auto& [a, b] : shapes) {
      SCOPED_TRACE(op.name + to_string(a) + to_string(b));
      check([&](Tensors x) { return op.apply(x[0], x[1]); },
            {signed_input(a, 1), signed_input(b, 2)}, 3);
    }
  }
}

TEST_P(ArithmeticTest, BothOperandsMayBeOneTensor) {
  for (const Operator& op : kOperators) {
    SCOPED_TRACE(op.name);
    check([&](Tensors x) { return op.apply(x[0], x[0]); }, {signed_input({5})}, 3);
    check([&](Tensors x) { return op.apply(tanh(x[0]), x[0]); }, {signed_input({5})}, 3);
  }
}

TEST_P(ArithmeticTest, Numbers) {
  check([](Tensors x) { return (2.0 - x[0]) * 3.0 + 1.0 / x[0]; }, {signed_input({4})}, 3);
  check([](Tensors x) { return (x[0] - 0.5) / 4.0 + 0.25 * x[0] - (1.0 + x[0]); },
        {signed_input({4})});
  check([](Tensors x) { return -x[0] * x[0]; }, {signed_input({4})});
  const Tensor x = tensor({1, -2}, {2});
  EXPECT_TRUE(near(values_of((2.0 - x) * 3.0 + 1.0 / x), std::vector<double>{4, 11.5}, 1e-6, 0));
}

TEST_P(ArithmeticTest, Values) {
  const Tensor a = tensor({6, -8, 1}, {3});
  const Tensor b = tensor({2, 4, -0.5}, {3});
  EXPECT_TRUE(same_bits(values_of(a + b), {8, -4, 0.5}));
  EXPECT_TRUE(same_bits(values_of(a - b), {4, -12, 1.5}));
  EXPECT_TRUE(same_bits(values_of(a * b), {12, -32, -0.5}));
  EXPECT_TRUE(same_bits(values_of(a / b), {3, -2, -2}));
  EXPECT_TRUE(same_bits(values_of(tensor({2}, {}) - b), {0, -2, 2.5}));
  EXPECT_TRUE(same_bits(values_of(a / tensor({2}, {1})), {3, -4, 0.5}));
}

// A number is as precise as the tensor that it meets, in the gradient too.
TEST(Arithmetic, NumbersWithDoubleTensors) {
  Tensor x = Tensor::from_host(std::vector<double>{3}, {1}, Device::cpu());
  x.set_requires_grad(true);
  const Tensor y = x * 0.1 + 0.7;
  EXPECT_EQ(y.to_host<double>(), (std::vector<double>{0.1 * 3 + 0.7}));
  EXPECT_EQ(grad(sum(y), {x})[0].to_host<double>(), std::vector<double>{0.1});
}

TEST_P(ArithmeticTest, Errors) {
  const Tensor a = tensor({1, 2}, {2});
  expect_error([&] { a + tensor({1, 2, 3}, {3}); }, "[add] shapes (2) and (3) do not match");
  expect_error([&] { a* tensor({1, 2}, {2, 1}); }, "[mul] shapes (2) and (2,1) do not match");
  const Tensor bytes = Tensor::from_host(std::vector<std::uint8_t>{1, 2}, {2}, device());
  const std::string place = device().name();
  expect_error([&] { a - bytes; }, std::string("[sub] ") + name_of(dtype()) + " on " + place +
                                       " does not match uint8 on " + place);
  expect_error([&] { bytes / bytes; }, "[div] uint8 is not supported on " + place);
}

KILN_ON_EVERY_PLACE(ArithmeticTest);

}  // namespace
}  // namespace kiln::test
