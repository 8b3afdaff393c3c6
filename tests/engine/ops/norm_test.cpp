// SPDX-License-Identifier: MIT
// Batch and layer normalisation: gradients, PyTorch's numbers, the modules.
#include "engine/nn/norm.h"

#include "engine/ops/layer_norm.h"
#include "engine/train/captured_step.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using NormTest = OpTest;
using Tensors = const std::vector<Tensor>&;

// batch_norm of x[0] with weight x[1] and bias x[2], and running statistics of its own.
Tensor normalise(Tensors x, bool training) {
  const Shape channels = x[1].shape();
  const Tensor mean = Tensor::full(channels, 0.25, x[0].device(), x[0].dtype());
  const Tensor var = Tensor::full(channels, 2, x[0].device(), x[0].dtype());
  return batch_norm(x[0], x[1], x[2], mean, var, {training});
}

TEST_P(NormTest, BatchNormGradients) {
  for (const Shape& shape : {Shape{5, 3}, Shape{4, 1}, Shape{3, 2, 4}, Shape{2, 2, 2, 2}}) {
    const std::vector<Input> inputs = {signed_input(shape, 1), signed_input({shape[1]}, 2),
                                       signed_input({shape[1]}, 3)};
    for (const bool training : {true, false}) {
      SCOPED_TRACE(to_string(shape) + (training ? " training" : ""));
      check([=](Tensors x) { return normalise(x, training); }, inputs);
      check([=](Tensors x) { return square(normalise(x, training)); }, inputs);
    }
  }
}

TEST_P(NormTest, LayerNormGradients) {
  for (const std::int64_t rows : {3, 1}) {
    const std::vector<Input> inputs = {signed_input({rows, 5}, 1), signed_input({5}, 2),
                                       signed_input({5}, 3)};
    check([](Tensors x) { return layer_norm(x[0], x[1], x[2]); }, inputs);
    check([](Tensors x) { return square(layer_norm(x[0], x[1], x[2])); }, inputs);
  }
}

// What a fused op hands to others: gradients that are added, and a frozen weight.
TEST_P(NormTest, GradientsAreAdded) {
  const std::vector<Input> inputs = {signed_input({4, 3}, 1), signed_input({3}, 2),
                                     signed_input({3}, 3)};
  check([](Tensors x) { return normalise(x, true) + x[0] + normalise(x, false); }, inputs);
  check([](Tensors x) { return layer_norm(x[0], x[1], x[2]) + x[0] * x[0]; }, inputs);
  check(
      [](Tensors x) {
        return normalise({x[0], constant_like(x[1], 1.5), x[1]}, true);
      },
      {inputs[0], inputs[2]}, 1);
}

TEST_P(NormTest, EmptyTensors) {
  const Input channels = signed_input({3});
  check([](Tensors x) { return normalise(x, false); }, {{{0, 3}, {}}, channels, channels});
  check([](Tensors x) { return normalise(x, false); }, {{{2, 3, 0}, {}}, channels, channels});
  check([](Tensors x) { return normalise(x, true); }, {{{2, 0}, {}}, {{0}, {}}, {{0}, {}}});
  check([](Tensors x) { return layer_norm(x[0], x[1], x[2]); }, {{{0, 3}, {}}, channels, channels});
  check([](Tensors x) { return layer_norm(x[0], x[1], x[2]); },
        {{{2, 0}, {}}, {{0}, {}}, {{0}, {}}});
}

// PyTorch 2 in float64:
//   x = tensor([[1, -2], [0.5, 4], [3, 0.25]]); w = tensor([[1, 2], [-1, 0.5], [0.25, 3]])
//   bn = BatchNorm1d(2) with weight [1.5, -0.5] and bias [0.25, 2]; y = bn(x); (y *
//   w).sum().backward()
// then the same with bn.eval().
TEST_P(NormTest, BatchNormIsPyTorchs) {
  const Tensor x = leaf({1, -2, 0.5, 4, 3, 0.25}, {3, 2});
  const Tensor w = tensor({1, 2, -1, 0.5, 0.25, 3}, {3, 2});
  const Tensor weight = leaf({1.5, -0.5}, {2}), bias = leaf({0.25, 2}, {2});
  const Tensor mean = tensor({0, 0}, {2}), var = tensor({1, 1}, {2});
  const auto expect = [&](const Tensor& actual, const std::vector<double>& expected) {
    EXPECT_TRUE(near(values_of(actual), expected, 10 * tolerance(), 10 * tolerance()));
  };
  const Tensor y = batch_norm(x, weight, bias, mean, var, {});
  backward(sum(y * w));
  expect(y, {-0.4443620989982233, 2.5555834459663944, -1.1387241979964466, 1.3434013820397162,
             2.33308629699467, 2.10101517199389});
  expect(x.grad(), {1.4465862183402685, 0.12884561731083288, -1.1572731408090988,
                    0.07730784316421987, -0.28931307753116947, -0.20615346047505279});
  expect(weight.grad(), {0.8100891154979272, -2.1718261978686315});
  expect(bias.grad(), {0.25, 5.5});
  expect(mean, {0.15000000000000002, 0.07500000000000001});
  expect(var, {1.075, 1.81875});
  zero_grad({x, weight, bias});
  const Tensor evaluated = batch_norm(x, weight, bias, mean, var, {false});
  backward(sum(evaluated * w));
  expect(evaluated, {1.479713476950285, 2.7693082827421143, 0.7563526081559997, 0.5448024049335907,
                     4.3731569521274265, 1.935118578563918});
  expect(x.grad(), {1.4467217375885708, -0.7415019592695079, -1.4467217375885708,
                    -0.18537548981737698, 0.3616804343971427, -1.112252938904262});
  expect(weight.grad(), {1.1694334045507613, -1.2327470072855573});
  expect(var, {1.075, 1.81875});
}

// PyTorch 2 in float64: bn = BatchNorm1d(3); bn(arange(12).reshape(2, 3, 2).pow(2) / 10)
TEST_P(NormTest, BatchNormOfPlanesIsPyTorchs) {
  std::vector<double> values;
  for (int i = 0; i < 12; ++i) values.push_back(i * i / 10.0);
  const Tensor weight = tensor({1, 1, 1}, {3}), bias = tensor({0, 0, 0}, {3});
  const Tensor mean = tensor({0, 0, 0}, {3}), var = tensor({1, 1, 1}, {3});
  const Tensor y = batch_norm(tensor(values, {2, 3, 2}), weight, bias, mean, var, {});
  const std::vector<double> expected = {
      -0.9999989183359899, -0.9534873407389671, -1.0568795374838973, -0.9080232645988413,
      -1.0826946206390564, -0.8858410532501372, 0.67441787515683,    1.2790683839181263,
      0.7293957371367743,  1.2355070649459643,  0.7546053416575241,  1.2139303322316692};
  EXPECT_TRUE(near(values_of(y), expected, 10 * tolerance(), 0));
  const std::vector<double> expected_var = {1.5163333333333333, 2.4043333333333337,
                                            3.6870000000000003};
  EXPECT_TRUE(near(values_of(var), expected_var, 10 * tolerance(), 0));
}

// PyTorch 2 in float64: x = tensor([[1, -2, 0.5], [4, 3, 0.25]]), w = tensor([[1, 2, -1],
// [0.5, 0.25, 3]]), ln = LayerNorm(3) with weight [1.5, -0.5, 1] and bias [0.25, 2, 0];
//   y = ln(x); (y * w).sum().backward()
TEST_P(NormTest, LayerNormIsPyTorchs) {
  const Tensor x = leaf({1, -2, 0.5, 4, 3, 0.25}, {2, 3});
  const Tensor weight = leaf({1.5, -0.5, 1}, {3}), bias = leaf({0.25, 2, 0}, {3});
  const Tensor y = layer_norm(x, weight, bias);
  backward(sum(y * tensor({1, 2, -1, 0.5, 0.25, 3}, {2, 3})));
  const auto expect = [&](const Tensor& actual, const std::vector<double>& expected) {
    EXPECT_TRUE(near(values_of(actual), expected, 10 * tolerance(), 10 * tolerance()));
  };
  expect(y, {1.5834974620633755, 2.698498670604625, 0.5079990331670002, 1.7479237647058412,
             1.8160444499484054, -1.366526943240417});
  expect(x.grad(), {0.7681466133186341, 0.15362416076803947, -0.9217707740866736,
                    0.4240241435801435, -0.5782196544509002, 0.15419551087075645});
  expect(weight.grad(), {1.3883062296108641, -2.702016907392703, -4.607579862888251});
  expect(bias.grad(), {1.5, 2.25, 2.0});
}

TEST_P(NormTest, Errors) {
  const Tensor x = tensor({1, 2, 3, 4}, {2, 2}), two = tensor({1, 1}, {2}), one = tensor({1}, {1});
  expect_error([&] { batch_norm(two, two, two, two, two, {}); },
               "[batch_norm] input (2) is not (batch,channels,...)");
  expect_error([&] { batch_norm(x, two, one, two, two, {}); },
               "[batch_norm] input (2,2) does not match weight, bias or statistics (1)");
  expect_error(
      [&] {
        batch_norm(x.slice(0, {1, 2}), two, two, two, two, {});
      },
      "[batch_norm] training needs two values a channel or more, got input (1,2)");
  expect_error([&] { layer_norm(x, two, one); },
               "[layer_norm] input (2,2), weight (2) and bias (1) are not (rows,cols), (cols) and "
               "(cols)");
  if (is_double()) {
    const Tensor floats = Tensor::zeros({2}, device());
    expect_error([&] { layer_norm(x, floats, floats); },
                 "[layer_norm] float64 on cpu does not match float32 on cpu");
    expect_error([&] { batch_norm(x, two, two, floats, two, {}); },
                 "[batch_norm] float64 on cpu does not match float32 on cpu");
  }
}

KILN_ON_EVERY_PLACE(NormTest);

using NormModuleTest = PlaceTest;

std::vector<std::string> names(const std::vector<nn::NamedTensor>& tensors) {
  std::vector<std::string> all;
  for (const nn::NamedTensor& named : tensors) all.push_back(named.name);
  return all;
}

TEST_P(NormModuleTest, NamesAndStartingValues) {
  const nn::BatchNorm batch(2, device());
  const nn::LayerNorm layer(2, device());
  EXPECT_EQ(names(batch.named_parameters()), (std::vector<std::string>{"weight", "bias"}));
  EXPECT_EQ(names(batch.named_buffers()),
            (std::vector<std::string>{"running_mean", "running_var"}));
  EXPECT_EQ(names(layer.named_parameters()), (std::vector<std::string>{"weight", "bias"}));
  for (const Tensor& one : {batch.weight(), batch.running_var(), layer.weight()}) {
    EXPECT_TRUE(same_bits(one.to_host<float>(), {1, 1}));
  }
  for (const Tensor& zero : {batch.bias(), batch.running_mean(), layer.bias()}) {
    EXPECT_TRUE(same_bits(zero.to_host<float>(), {0, 0}));
  }
}

TEST_P(NormModuleTest, ModeDecidesWhoseStatisticsAreUsed) {
  nn::BatchNorm module(1, device());
  const Tensor x = Tensor::from_host(std::vector<float>{3, 5}, {2, 1}, device());
  module.eval();
  EXPECT_TRUE(near(module(x).to_host<float>(), std::vector<double>{3, 5}, 1e-5, 0));
  EXPECT_EQ(module.running_mean().item(), 0);
  module.train();
  EXPECT_TRUE(near(module(x).to_host<float>(), std::vector<double>{-1, 1}, 1e-5, 0));
  EXPECT_TRUE(near(module.running_mean().item(), 0.4, 1e-6, 0));
  EXPECT_TRUE(near(module.running_var().item(), 1.1, 1e-6, 0));
}

TEST_P(NormModuleTest, LayerNormIsItsOp) {
  nn::LayerNorm module(3, device());
  const Tensor x = Tensor::from_host(std::vector<float>{3, 5, 1}, {1, 3}, device());
  EXPECT_TRUE(same_bits(module(x).to_host<float>(),
                        layer_norm(x, module.weight(), module.bias()).to_host<float>()));
}

// The running statistics move on in replayed steps too.
TEST_P(NormModuleTest, ReplayedStepsMoveTheStatistics) {
  nn::BatchNorm module(1, device()), eager(1, device());
  const Tensor x = Tensor::from_host(std::vector<float>{3, 5, 8}, {3, 1}, device());
  CapturedStep step(device(), [&] { module(x); });
  for (int i = 0; i < 5; ++i) {
    step.run();
    eager(x);
  }
  EXPECT_TRUE(
      same_bits(module.running_mean().to_host<float>(), eager.running_mean().to_host<float>()));
  EXPECT_TRUE(
      same_bits(module.running_var().to_host<float>(), eager.running_var().to_host<float>()));
}

KILN_ON_EVERY_FLOAT_PLACE(NormModuleTest);

}  // namespace
}  // namespace kiln::test
