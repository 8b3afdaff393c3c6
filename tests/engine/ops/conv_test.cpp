// SPDX-License-Identifier: MIT
#include "engine/ops/conv.h"

#include "engine/ops/channels.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using ConvTest = OpTest;
using Tensors = const std::vector<Tensor>&;

struct ConvLayer {
  Shape x, weight, transposed_weight;
  std::int64_t out;
  ConvStep step;
};

const ConvLayer kConvLayers[] = {
    {{2, 2, 4, 3}, {3, 2, 2, 3}, {2, 3, 2, 3}, 3, {1, 0}},
    {{2, 3, 5, 4}, {2, 3, 4, 4}, {3, 2, 4, 4}, 2, {2, 1}},
    {{1, 2, 3, 3}, {2, 2, 3, 2}, {2, 2, 3, 2}, 2, {1, 1}},
    {{1, 1, 5, 5}, {2, 1, 2, 2}, {1, 2, 2, 2}, 2, {3, 0}},
};

TEST_P(ConvTest, Gradients) {
  for (const ConvLayer& layer : kConvLayers) {
    SCOPED_TRACE(to_string(layer.x) + " by " + to_string(layer.weight));
    const Input x = input(layer.x, -1, 1, 1), bias = input({layer.out}, -1, 1, 3);
    const Input weight = input(layer.weight, -0.5, 0.5, 2);
    const Input transposed = input(layer.transposed_weight, -0.5, 0.5, 2);
    check([&](Tensors t) { return conv2d(t[0], t[1], t[2], layer.step); }, {x, weight, bias}, 3);
    check([&](Tensors t) { return conv2d(t[0], t[1], {}, layer.step); }, {x, weight}, 2);
    check([&](Tensors t) { return conv_transpose2d(t[0], t[1], t[2], layer.step); },
          {x, transposed, bias}, 3);
    check([&](Tensors t) { return conv_transpose2d(t[0], t[1], {}, layer.step); }, {x, transposed},
          2);
  }
}

// Smooth activations anywhere; those with a kink where no sum comes near it, for a bias of +-9.
TEST_P(ConvTest, GradientsWithEveryActivation) {
  for (const ActivationKind kind : {ActivationKind::relu, ActivationKind::leaky_relu,
                                    ActivationKind::sigmoid, ActivationKind::tanh}) {
    SCOPED_TRACE(static_cast<int>(kind));
    const Activation activation = {kind, 0.2f};
    const bool has_kink = kind == ActivationKind::relu || kind == ActivationKind::leaky_relu;
    const double size = has_kink ? 9 : 0.5;
    const Input x = input({2, 2, 4, 4}, -1, 1, 1), bias = {{2}, {size, -size}};
    const Input weight = input({2, 2, 4, 4}, -0.5, 0.5, 2);
    check(
        [=](Tensors t) {
          return conv2d(t[0], t[1], t[2], {2, 1}, activation);
        },
        {x, weight, bias}, 2);
    check(
        [=](Tensors t) {
          return conv_transpose2d(t[0], t[1], t[2], {2, 1}, activation);
        },
        {x, weight, bias}, 2);
  }
}

// A layer's kernel takes over the activation of the layer below, which it alone uses.
TEST_P(ConvTest, ChainsOfLayers) {
  const Activation leaky = {ActivationKind::tanh}, last = {ActivationKind::sigmoid};
  check(
      [=](Tensors t) {
        const Tensor down = conv2d(t[0], t[1], t[3], {2, 1}, leaky);
        const Tensor up = conv_transpose2d(down, t[2], t[4], {2, 1}, leaky);
        return conv2d(up, t[1], t[3], {2, 1}, last);
      },
      {input({2, 1, 4, 6}, -1, 1, 1), input({3, 1, 4, 4}, -0.5, 0.5, 2),
       input({3, 1, 4, 4}, -0.5, 0.5, 3), input({3}, -1, 1, 4), input({1}, -1, 1, 5)},
      2);
}

// What a layer fuses gives what its parts give.
TEST_P(ConvTest, EqualsItsParts) {
  const std::vector<Tensor> t = make_leaves(
      {input({2, 2, 5, 5}, -1, 1, 1), input({3, 2, 3, 3}, -1, 1, 2), input({3}, -1, 1, 3)},
      device(), dtype());
  const Tensor z = conv2d(t[0], t[1], {}, {1, 1});
  const Tensor expected = relu(z + broadcast_channels(t[2], z.shape()));
  const Tensor y = conv2d(t[0], t[1], t[2], {1, 1}, {ActivationKind::relu});
  const double limit = 10 * tolerance();
  EXPECT_TRUE(near(values_of(y), values_of(expected), limit, limit));
  EXPECT_TRUE(near_gradients(fused_gradients(project(y), t), fused_gradients(project(expected), t),
                             limit, limit));
}

// Only what is asked for is computed: inputs held constant get no gradient.
TEST_P(ConvTest, ConstantInputs) {
  const std::vector<Input> inputs = {input({2, 2, 4, 4}, -1, 1, 1), input({2, 2, 3, 3}, -1, 1, 2),
                                     input({2}, -1, 1, 3)};
  for (const bool transposed : {false, true}) {
    for (std::size_t trained = 0; trained < 3; ++trained) {
      std::vector<Tensor> t = make_leaves(inputs, device(), dtype());
      const auto run = [&] {
        const Activation tanh = {ActivationKind::tanh};
        return project(transposed ? conv_transpose2d(t[0], t[1], t[2], {}, tanh)
                                  : conv2d(t[0], t[1], t[2], {}, tanh));
      };
      const std::vector<double> expected = fused_gradients(run(), t)[trained];
      zero_grad(t);
      for (std::size_t i = 0; i < 3; ++i) t[i].set_requires_grad(i == trained);
      backward(run());
      for (std::size_t i = 0; i < 3; ++i) {
        const std::vector<double> actual = values_of(t[i].grad());
        EXPECT_TRUE(
            same_bits(actual, i == trained ? expected : std::vector<double>(actual.size(), 0.0)));
      }
    }
  }
}

TEST_P(ConvTest, EmptyTensors) {
  const std::int64_t sizes[][3] = {{0, 2, 3}, {2, 0, 3}, {2, 3, 0}};
  const Activation sigmoid = {ActivationKind::sigmoid};
  for (const auto& [batch, in, out] : sizes) {
    const Input x = input({batch, in, 3, 3}, -1, 1), bias = input({out}, -1, 1);
    check(
        [=](Tensors t) {
          return conv2d(t[0], t[1], t[2], {1, 1}, sigmoid);
        },
        {x, input({out, in, 2, 2}, -1, 1), bias});
    check(
        [=](Tensors t) {
          return conv_transpose2d(t[0], t[1], t[2], {2, 1}, sigmoid);
        },
        {x, input({in, out, 2, 2}, -1, 1), bias});
  }
}

TEST_P(ConvTest, Channels) {
  check([](Tensors t) { return channel_sum(t[0]); }, {signed_input({2, 3, 2, 2})});
  check([](Tensors t) { return channel_sum(t[0]); }, {signed_input({4, 3})});
  check([](Tensors t) { return square(channel_sum(square(t[0]))); }, {signed_input({2, 3, 4})});
  check(
      [](Tensors t) {
        return square(broadcast_channels(t[0], {2, 3, 2, 5}));
      },
      {signed_input({3})});
  check([](Tensors t) { return channel_sum(t[0]) * channel_sum(square(t[0])); },
        {signed_input({2, 3, 2})});
  const Tensor x = tensor({1, 2, 3}, {3});
  expect_error([&] { channel_sum(x); }, "[channel_sum] shape (3) is not (batch,channels,...)");
  expect_error(
      [&] {
        broadcast_channels(x, {3, 2});
      },
      "[broadcast_channels] shape (3) is not a number for each channel of (3,2)");
}

TEST_P(ConvTest, Errors) {
  const auto zeros = [&](Shape shape) { return Tensor::zeros(shape, device(), dtype()); };
  const Tensor x = zeros({2, 3, 4, 5}), w = zeros({6, 3, 3, 3}), none;
  const Tensor up = zeros({3, 6, 3, 3});
  const auto conv_fails = [&](const Tensor& input, const Tensor& weight, const Tensor& bias,
                              ConvStep step, const std::string& why, Activation activation = {}) {
    expect_error([&] { conv2d(input, weight, bias, step, activation); }, "[conv2d] " + why);
  };
  const auto transposed_fails = [&](const Tensor& input, const Tensor& weight, const Tensor& bias,
                                    ConvStep step, const std::string& why) {
    expect_error([&] { conv_transpose2d(input, weight, bias, step); }, "[conv_transpose2d] " + why);
  };
  conv_fails(zeros({2, 2, 4, 5}), w, none, {},
             "input (2,2,4,5) does not match weight (6,3,3,3): 2 != 3");
  transposed_fails(x, w, none, {}, "input (2,3,4,5) does not match weight (6,3,3,3): 3 != 6");
  conv_fails(zeros({2, 60}), w, none, {},
             "input (2,60) and weight (6,3,3,3) must have four dimensions");
  conv_fails(x, w, zeros({3}), {}, "bias (3) does not match weight (6,3,3,3)");
  transposed_fails(x, up, zeros({3}), {}, "bias (3) does not match weight (3,6,3,3)");
  conv_fails(x, zeros({6, 3, 0, 3}), none, {}, "weight (6,3,0,3) has no elements");
  conv_fails(x, w, none, {0, 0}, "stride 0 is not at least 1");
  conv_fails(x, w, none, {1, -1}, "padding -1 is not at least 0");
  conv_fails(x, zeros({6, 3, 5, 5}), none, {},
             "weight (6,3,5,5) does not fit input (2,3,4,5) with stride 1 and padding 0");
  transposed_fails(zeros({2, 3, 1, 1}), up, none, {1, 2},
                   "weight (3,6,3,3) does not fit input (2,3,1,1) with stride 1 and padding 2");
  transposed_fails(zeros({2, 3, 0, 1}), up, none, {},
                   "weight (3,6,3,3) does not fit input (2,3,0,1) with stride 1 and padding 0");
  conv_fails(x, w, none, {}, "leaky_relu needs a slope above 0, got 0.000000",
             {ActivationKind::leaky_relu, 0.0f});
  const Tensor other = Tensor::from_host(std::vector<std::uint8_t>(6), {6}, device());
  conv_fails(x, w, other, {},
             std::string(name_of(dtype())) + " on " + device().name() +
                 " does not match uint8 on " + device().name());
}

KILN_ON_EVERY_PLACE(ConvTest);

}  // namespace
}  // namespace kiln::test
