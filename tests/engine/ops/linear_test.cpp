// SPDX-License-Identifier: MIT
#include "engine/ops/linear.h"

#include "engine/ops/matmul.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using LinearTest = OpTest;
using Tensors = const std::vector<Tensor>&;

const Activation kActivations[] = {
#define KILN_ACTIVATION(Op, enumerator) {ActivationKind::enumerator, 0.2f},
    KILN_ACTIVATIONS(KILN_ACTIVATION)
#undef KILN_ACTIVATION
};

// x (3,2), weight (4,2) and bias (4): every sum x W^T + b lies at least 0.1 away from the kink at
// 0.
std::vector<Input> layer_inputs() {
  return {{{3, 2}, {1, 0.5, -1, 0.7, 0.3, -0.9}},
          {{4, 2}, {0.8, -0.3, -0.6, 0.9, 0.5, 0.4, -0.7, -0.2}},
          {{4}, {0.1, -0.2, 0.3, 0.25}}};
}

TEST_P(LinearTest, GradientsWithEveryActivation) {
  for (const Activation activation : kActivations) {
    SCOPED_TRACE(::testing::Message() << "activation " << static_cast<int>(activation.kind));
    check([=](Tensors x) { return linear(x[0], x[1], x[2], activation); }, layer_inputs(), 3);
    std::vector<Input> no_bias = layer_inputs();
    no_bias.pop_back();
    check([=](Tensors x) { return linear(x[0], x[1], Tensor(), activation); }, no_bias, 3);
  }
}

// What a layer fuses gives what its parts give.
TEST_P(LinearTest, EqualsItsParts) {
  const std::vector<Tensor> x = make_leaves(layer_inputs(), device(), dtype());
  const Tensor z = matmul(x[0], x[1], false, true) + broadcast_rows(x[2], 3);
  const Tensor expected[] = {z, relu(z), leaky_relu(z, 0.2), sigmoid(z), tanh(z)};
  for (std::size_t i = 0; i < std::size(kActivations); ++i) {
    const Tensor y = linear(x[0], x[1], x[2], kActivations[i]);
    EXPECT_TRUE(near(values_of(y), values_of(expected[i]), tolerance(), tolerance()));
    EXPECT_TRUE(near_gradients(fused_gradients(project(y), x),
                               fused_gradients(project(expected[i]), x), 10 * tolerance(),
                               10 * tolerance()));
  }
}

// Sizes beyond one tile, in float and on the device: gradients against the CPU's in double.
TEST_P(LinearTest, SizesBeyondATile) {
  const std::vector<Input> inputs = {input({33, 70}, -1, 1, 1), input({65, 70}, -0.2, 0.2, 2),
                                     input({65}, -1, 1, 3)};
  const Activation activation{ActivationKind::tanh};
  const auto run = [&](const std::vector<Tensor>& x) {
    return fused_gradients(project(linear(x[0], x[1], x[2], activation)), x);
  };
  EXPECT_TRUE(near_gradients(run(make_leaves(inputs, device(), dtype())),
                             run(make_leaves(inputs, Device::cpu(), DType::float64)), 1e-5, 1e-4));
}

// Only what is asked for is computed: inputs held constant get no gradient.
TEST_P(LinearTest, ConstantInputs) {
  for (const bool with_bias : {true, false}) {
    for (int trained = 0; trained < (with_bias ? 3 : 2); ++trained) {
      std::vector<Tensor> x = make_leaves(layer_inputs(), device(), dtype());
      const auto run = [&] {
        return project(linear(x[0], x[1], with_bias ? x[2] : Tensor(), kActivations[3]));
      };
      const std::vector<double> expected = fused_gradients(run(), x)[static_cast<size_t>(trained)];
      zero_grad(x);
      for (int i = 0; i < 3; ++i) x[static_cast<size_t>(i)].set_requires_grad(i == trained);
      backward(run());
      for (int i = 0; i < 3; ++i) {
        const std::vector<double> actual = values_of(x[static_cast<size_t>(i)].grad());
        EXPECT_TRUE(
            same_bits(actual, i == trained ? expected : std::vector<double>(actual.size(), 0.0)));
      }
    }
  }
}

TEST_P(LinearTest, Errors) {
  const auto zeros = [&](Shape shape) { return Tensor::zeros(shape, device(), dtype()); };
  const Tensor none;
  expect_error(
      [&] {
        linear(zeros({64, 127}), zeros({784, 128}), none);
      },
      "[linear] input (64,127) does not match weight (784,128): 127 != 128");
  expect_error(
      [&] {
        linear(zeros({4}), zeros({3, 4}), none);
      },
      "[linear] input (4) and weight (3,4) must be matrices");
  expect_error(
      [&] {
        linear(zeros({2, 4}), zeros({3, 4}), zeros({4}));
      },
      "[linear] bias (4) does not match weight (3,4)");
  expect_error(
      [&] {
        linear(zeros({2, 4}), zeros({3, 4}), zeros({1, 3}));
      },
      "[linear] bias (1,3) does not match weight (3,4)");
  for (const float slope : {0.0f, -0.5f, std::numeric_limits<float>::quiet_NaN()}) {
    expect_error(
        [&] {
          linear(zeros({2, 4}), zeros({3, 4}), none, {ActivationKind::leaky_relu, slope});
        },
        "[linear] leaky_relu needs a slope above 0, got " + std::to_string(slope));
  }
  const Tensor other = Tensor::from_host(std::vector<std::uint8_t>(3), {3}, device());
  expect_error(
      [&] {
        linear(zeros({2, 4}), zeros({3, 4}), other);
      },
      std::string("[linear] ") + name_of(dtype()) + " on " + device().name() +
          " does not match uint8 on " + device().name());
}

KILN_ON_EVERY_PLACE(LinearTest);

}  // namespace
}  // namespace kiln::test
