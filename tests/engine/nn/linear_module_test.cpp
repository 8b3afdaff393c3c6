// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "engine/nn/linear.h"
#include "tests/support/devices.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using LinearModuleTest = PlaceTest;

// Uniform in +-1/sqrt(in): inside the bounds, near both ends, with the variance bound^2 / 3.
TEST_P(LinearModuleTest, StartsUniformWithinItsBound) {
  const nn::Linear layer(64, 500, {}, 3, device());
  const float bound = 0.125f;
  for (const Tensor& parameter : {layer.weight(), layer.bias()}) {
    const std::vector<float> values = parameter.to_host<float>();
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    EXPECT_GE(*low, -bound);
    EXPECT_LE(*high, bound);
    EXPECT_LT(*low, -0.97f * bound);
    EXPECT_GT(*high, 0.97f * bound);
  }
  double total = 0, squares = 0;
  const std::vector<float> weights = layer.weight().to_host<float>();
  for (const float weight : weights)
    total += weight, squares += static_cast<double>(weight) * weight;
  const double n = static_cast<double>(weights.size());
  EXPECT_NEAR(total / n, 0, 4 * bound / std::sqrt(3 * n));
  EXPECT_NEAR(squares / n / (bound * bound / 3), 1, 0.03);
}

TEST_P(LinearModuleTest, SeedsDecideTheWeightsOnEveryDevice) {
  const nn::Linear a(7, 5, {}, 11, device()), same(7, 5, {}, 11, Device::cpu()),
      other(7, 5, {}, 12, device());
  EXPECT_TRUE(same_bits(a.weight().to_host<float>(), same.weight().to_host<float>()));
  EXPECT_TRUE(same_bits(a.bias().to_host<float>(), same.bias().to_host<float>()));
  EXPECT_FALSE(same_bits(a.weight().to_host<float>(), other.weight().to_host<float>()));
  EXPECT_TRUE(a.weight().device() == device());
}

TEST_P(LinearModuleTest, ShapesAndForward) {
  nn::Linear layer(2, 3, {ActivationKind::relu}, 1, device());
  EXPECT_EQ(layer.weight().shape(), (Shape{3, 2}));
  EXPECT_EQ(layer.bias().shape(), Shape{3});
  layer.weight().copy_from(
      Tensor::from_host(std::vector<float>{1, 2, 3, 4, -5, -6}, {3, 2}, device()));
  layer.bias().copy_from(Tensor::from_host(std::vector<float>{1, 0, 1}, {3}, device()));
  const Tensor x = Tensor::from_host(std::vector<float>{1, 2}, {1, 2}, device());
  EXPECT_TRUE(same_bits(layer(x).to_host<float>(), {6, 11, 0}));
}

TEST_P(LinearModuleTest, NoInputsIsNoDivisionByZero) {
  nn::Linear layer(0, 2, {}, 1, device());
  EXPECT_TRUE(near(layer.bias().to_host<float>(), std::vector<float>{0, 0}, 0, 0));
}

KILN_ON_EVERY_FLOAT_PLACE(LinearModuleTest);

}  // namespace
}  // namespace kiln::test
