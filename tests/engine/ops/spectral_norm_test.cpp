// SPDX-License-Identifier: MIT
#include "engine/ops/spectral_norm.h"

#include "engine/nn/spectral_norm.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using SpectralNormTest = OpTest;
using Tensors = const std::vector<Tensor>&;

// u and v are constants to the gradient, so they must not move in what is differenced.
TEST_P(SpectralNormTest, Gradients) {
  for (const Shape& shape : {Shape{2, 3}, Shape{1, 1}}) {
    const auto normalised = [=](Tensors w) {
      const Tensor u = Tensor::full({shape[0]}, 0.75, w[0].device(), w[0].dtype());
      const Tensor v = Tensor::full({shape[1]}, 0.5, w[0].device(), w[0].dtype());
      return spectral_norm(w[0], u, v, false);
    };
    check(normalised, {signed_input(shape)});
    check([=](Tensors w) { return square(normalised(w)); }, {signed_input(shape)});
  }
}

// PyTorch 2 in float64: l = torch.nn.utils.spectral_norm(Linear(3, 2)) with weight
// [[1, -2, 0.5], [0.25, 3, -1]], bias [0.5, -0.25] and l.weight_u = [0.6, 0.8]
//   x = tensor([[1, 0.5, -1], [0.25, 2, 1]]); w = tensor([[1, 2], [-1, 0.5]])
//   y = l(x); (y * w).sum().backward()
TEST_P(SpectralNormTest, IsPyTorchs) {
  const Tensor weight = leaf({1, -2, 0.5, 0.25, 3, -1}, {2, 3}), bias = tensor({0.5, -0.25}, {2});
  const Tensor u = tensor({0.6, 0.8}, {2}), v = tensor({0, 0, 0}, {3});
  const Tensor x = leaf({1, 0.5, -1, 0.25, 2, 1}, {2, 3}), w = tensor({1, 2, -1, 0.5}, {2, 2});
  const auto expect = [&](const Tensor& actual, const std::vector<double>& expected) {
    EXPECT_TRUE(near(values_of(actual), expected, 10 * tolerance(), 10 * tolerance()));
  };
  const std::vector<double> y = {0.3369570591210688, 0.6467361748341214, -0.5597791157130527,
                                 1.400809776399178};
  const Tensor trained = linear(x, spectral_norm(weight, u, v, true), bias);
  expect(trained, y);
  expect(u, {-0.3952080333416795, 0.9185916450644444});
  expect(v, {0.5240974256643347, 0.7861461384965021, -0.32756089104020913});
  // A later step, before this one's backward pass, must not change what it goes back through.
  spectral_norm(tensor({5, 1, 0, 0, 0, 1}, {2, 3}), u, v, true);
  backward(sum(trained * w));
  expect(x.grad(), {0.4891288226367935, 1.3043435270314492, -0.4891288226367935,
                    -0.28532514653812957, 1.1413005861525183, -0.32608588175786235});
  expect(weight.grad(), {0.4820137142641532, -0.13295486821815877, -0.8005775778568225,
                         0.14102330810478014, -0.17569202243029136, -0.1441855784926202});
}

TEST_P(SpectralNormTest, IterationsReachTheLargestSingularValue) {
  const Tensor weight = tensor({3, 0, 0, 1, 0, 0}, {3, 2}), v = tensor({0, 0}, {2});
  const Tensor u = tensor({0.5, 0.5, 0.5}, {3});
  for (int i = 0; i < 30; ++i) spectral_norm(weight, u, v, true);
  EXPECT_TRUE(near(values_of(spectral_norm(weight, u, v, false)),
                   std::vector<double>{1, 0, 0, 1.0 / 3, 0, 0}, 1e-6, 1e-6));
}

TEST_P(SpectralNormTest, Errors) {
  const Tensor weight = tensor({1, 2}, {1, 2}), one = tensor({1}, {1}), two = tensor({1, 1}, {2});
  expect_error([&] { spectral_norm(weight, two, one, true); },
               "[spectral_norm] weight (1,2), u (2) and v (1) are not (out,in), (out) and (in)");
  if (is_double()) {
    expect_error([&] { spectral_norm(weight, one, Tensor::zeros({2}, device()), true); },
                 "[spectral_norm] float64 on cpu does not match float32 on cpu");
  }
}

KILN_ON_EVERY_PLACE(SpectralNormTest);

using SpectralNormModuleTest = PlaceTest;

TEST_P(SpectralNormModuleTest, NormalisesItsWeightAndIteratesInTrainingAlone) {
  nn::SpectralNormLinear layer(6, 4, {ActivationKind::relu}, 3, device(), nn::Init::he_normal);
  const auto parameters = layer.named_parameters(), buffers = layer.named_buffers();
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(parameters[0].name, "weight_orig");
  EXPECT_EQ(parameters[1].name, "bias");
  ASSERT_EQ(buffers.size(), 2u);
  EXPECT_EQ(buffers[0].name, "weight_u");
  EXPECT_EQ(buffers[1].name, "weight_v");
  const Tensor x = Tensor::full({2, 6}, 0.5, device());
  const std::vector<float> u = buffers[0].tensor.to_host<float>();
  layer.eval();
  const Tensor y = layer(x);
  EXPECT_TRUE(same_bits(buffers[0].tensor.to_host<float>(), u));
  const Tensor weight =
      spectral_norm(parameters[0].tensor, buffers[0].tensor, buffers[1].tensor, false);
  EXPECT_TRUE(
      same_bits(y.to_host<float>(),
                linear(x, weight, parameters[1].tensor, {ActivationKind::relu}).to_host<float>()));
  // After its first iterations the estimate is close already: later ones change little.
  const std::vector<float> early = weight.to_host<float>();
  layer.train();
  for (int i = 0; i < 100; ++i) layer(x);
  EXPECT_FALSE(same_bits(buffers[0].tensor.to_host<float>(), u));
  const Tensor later =
      spectral_norm(parameters[0].tensor, buffers[0].tensor, buffers[1].tensor, false);
  EXPECT_TRUE(near(early, later.to_host<float>(), 0.1, 1e-3));
}

KILN_ON_EVERY_FLOAT_PLACE(SpectralNormModuleTest);

}  // namespace
}  // namespace kiln::test
