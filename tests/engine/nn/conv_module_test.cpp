// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "engine/nn/conv.h"
#include "tests/support/devices.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using ConvModuleTest = PlaceTest;

nn::ConvConfig conv_config() {
  nn::ConvConfig config;
  config.in_channels = 8;
  config.out_channels = 32;
  config.kernel_size = 4;
  config.stride = 2;
  config.padding = 1;
  return config;
}

void expect_uniform(const Tensor& parameter, float bound) {
  const std::vector<float> values = parameter.to_host<float>();
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*low, -bound);
  EXPECT_LE(*high, bound);
  EXPECT_LT(*low, -0.9f * bound);
  EXPECT_GT(*high, 0.9f * bound);
}

// Uniform in +-1/sqrt(weight.dim(1) k^2), as PyTorch's Conv2d and ConvTranspose2d.
TEST_P(ConvModuleTest, StartsAsInPyTorch) {
  const nn::Conv2d conv(conv_config(), 3, device());
  EXPECT_EQ(conv.weight().shape(), (Shape{32, 8, 4, 4}));
  EXPECT_EQ(conv.bias().shape(), Shape{32});
  expect_uniform(conv.weight(), 1 / std::sqrt(8.0f * 16));
  expect_uniform(conv.bias(), 1 / std::sqrt(8.0f * 16));
  const nn::ConvTranspose2d transposed(conv_config(), 3, device());
  EXPECT_EQ(transposed.weight().shape(), (Shape{8, 32, 4, 4}));
  EXPECT_EQ(transposed.bias().shape(), Shape{32});
  expect_uniform(transposed.weight(), 1 / std::sqrt(32.0f * 16));
  expect_uniform(transposed.bias(), 1 / std::sqrt(32.0f * 16));
}

void expect_normal(const Tensor& weight, double deviation) {
  double squares = 0, largest = 0;
  for (const float value : weight.to_host<float>()) {
    squares += static_cast<double>(value) * value;
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  const double n = static_cast<double>(weight.numel());
  EXPECT_NEAR(std::sqrt(squares / n) / deviation, 1, 0.05);
  EXPECT_GT(largest, 3 * deviation);
}

TEST_P(ConvModuleTest, OtherInitialisations) {
  nn::ConvConfig config = conv_config();
  const auto zeros = std::vector<float>(32);
  for (const auto& [init, conv, transposed] :
       {std::tuple(nn::Init::dcgan_normal, 0.02, 0.02),
        std::tuple(nn::Init::he_normal, std::sqrt(2.0 / (8 * 16)), std::sqrt(2.0 / (8 * 4)))}) {
    config.init = init;
    const nn::Conv2d layer(config, 5, device());
    expect_normal(layer.weight(), conv);
    EXPECT_TRUE(near(layer.bias().to_host<float>(), zeros, 0, 0));
    const nn::ConvTranspose2d layer_up(config, 5, device());
    expect_normal(layer_up.weight(), transposed);
    EXPECT_TRUE(near(layer_up.bias().to_host<float>(), zeros, 0, 0));
  }
}

TEST_P(ConvModuleTest, SeedsDecideTheWeightsOnEveryDevice) {
  const nn::Conv2d a(conv_config(), 11, device()), same(conv_config(), 11, Device::cpu()),
      other(conv_config(), 12, device());
  EXPECT_TRUE(same_bits(a.weight().to_host<float>(), same.weight().to_host<float>()));
  EXPECT_TRUE(same_bits(a.bias().to_host<float>(), same.bias().to_host<float>()));
  EXPECT_FALSE(same_bits(a.weight().to_host<float>(), other.weight().to_host<float>()));
  EXPECT_TRUE(a.weight().device() == device());
}

TEST_P(ConvModuleTest, ShapesAndForward) {
  nn::ConvConfig config;
  config.kernel_size = 2;
  config.padding = 1;
  config.stride = 2;
  config.activation = {ActivationKind::relu};
  nn::Conv2d conv(config, 1, device());
  const auto set = [&](const Tensor& target, const std::vector<float>& values) {
    target.copy_from(Tensor::from_host(values, target.shape(), device()));
  };
  set(conv.weight(), {1, 2, 3, 4});
  set(conv.bias(), {-5});
  const Tensor x = Tensor::from_host(std::vector<float>{1, 2, 3, 4}, {1, 1, 2, 2}, device());
  const Tensor y = conv(x);
  EXPECT_EQ(y.shape(), (Shape{1, 1, 2, 2}));
  EXPECT_TRUE(same_bits(y.to_host<float>(), {0, 1, 1, 0}));
  nn::ConvTranspose2d up(config, 1, device());
  set(up.weight(), {1, 2, 3, 4});
  set(up.bias(), {-5});
  EXPECT_TRUE(same_bits(up(y).to_host<float>(), {0, 0, 0, 0}));
  set(up.bias(), {1});
  EXPECT_TRUE(same_bits(up(y).to_host<float>(), {1, 4, 3, 1}));
}

TEST_P(ConvModuleTest, BiasCanBeLeftOut) {
  nn::ConvConfig config = conv_config();
  config.bias = false;
  nn::Conv2d conv(config, 1, device());
  nn::ConvTranspose2d up(config, 1, device());
  for (nn::Module* layer : {static_cast<nn::Module*>(&conv), static_cast<nn::Module*>(&up)}) {
    ASSERT_EQ(layer->named_parameters().size(), 1u);
    EXPECT_EQ(layer->named_parameters()[0].name, "weight");
    const Tensor y = (*layer)(Tensor::zeros({1, 8, 4, 4}, device()));
    const auto zeros = std::vector<float>(static_cast<std::size_t>(y.numel()));
    EXPECT_TRUE(near(y.to_host<float>(), zeros, 0, 0));
  }
}

KILN_ON_EVERY_FLOAT_PLACE(ConvModuleTest);

}  // namespace
}  // namespace kiln::test
