// SPDX-License-Identifier: MIT
// Gradients against central differences in double:
//   df/dx[i] ~ (f(x + h e_i) - f(x - h e_i)) / 2h
// for functions of any output shape, projected on fixed weights, and, by differentiating the
// recorded gradients again, for derivatives of any order. Inputs must keep away from kinks.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "tests/support/devices.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {

using Function = std::function<Tensor(const std::vector<Tensor>& inputs)>;

struct Input {
  Shape shape;
  std::vector<double> values;
};

// Values of [low, high), the same for the same seed.
inline Input input(Shape shape, double low, double high, std::uint32_t seed = 1) {
  std::vector<double> values = random_values<double>(element_count(shape), low, high, seed);
  return {std::move(shape), std::move(values)};
}

// Values of both signs with magnitudes of [0.1, 1.5): away from a kink at 0.
inline Input signed_input(Shape shape, std::uint32_t seed = 1) {
  Input made = input(std::move(shape), -1.4, 1.4, seed);
  for (double& value : made.values) value += value < 0 ? -0.1 : 0.1;
  return made;
}

inline std::vector<Tensor> make_leaves(const std::vector<Input>& inputs, Device device,
                                       DType dtype) {
  std::vector<Tensor> leaves;
  for (const Input& input : inputs) {
    leaves.push_back(make_tensor(input.values, input.shape, device, dtype).set_requires_grad(true));
  }
  return leaves;
}

// One number out of y: its sum under fixed random weights, so that no error cancels out.
inline Tensor project(const Tensor& y, std::uint32_t seed = 77) {
  const Tensor weights = make_tensor(random_values<double>(y.numel(), 0.5, 1.5, seed), y.shape(),
                                     y.device(), y.dtype());
  return sum(y * weights);
}

// The gradient of each leaf, as backward() leaves it; zeros for a constant.
inline std::vector<std::vector<double>> fused_gradients(const Tensor& scalar,
                                                        const std::vector<Tensor>& leaves) {
  zero_grad(leaves);
  if (scalar.requires_grad()) backward(scalar, leaves);
  std::vector<std::vector<double>> gradients;
  for (const Tensor& leaf : leaves) gradients.push_back(values_of(leaf.grad()));
  return gradients;
}

// d(scalar)/d(leaf) with its graph; undefined where `scalar` does not depend on it.
inline Tensor recorded_gradient(const Tensor& scalar, const Tensor& leaf) {
  if (!scalar.requires_grad()) return {};
  try {
    return grad(scalar, {leaf}, true)[0];
  } catch (const Error& error) {
    if (error.what() == std::string_view("[grad] the output does not depend on input 0")) return {};
    throw;
  }
}

inline std::vector<std::vector<double>> recorded_gradients(const Tensor& scalar,
                                                           const std::vector<Tensor>& leaves) {
  std::vector<std::vector<double>> gradients;
  for (const Tensor& leaf : leaves) {
    const Tensor gradient = recorded_gradient(scalar, leaf);
    gradients.push_back(gradient.defined()
                            ? values_of(gradient)
                            : std::vector<double>(static_cast<std::size_t>(leaf.numel()), 0.0));
  }
  return gradients;
}

// The projected gradients of f as a function of its inputs: f, one order up.
inline Function derivative_of(Function f) {
  return [f = std::move(f)](const std::vector<Tensor>& inputs) {
    const Tensor scalar = project(f(inputs));
    Tensor total = Tensor::zeros({}, scalar.device(), scalar.dtype());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor gradient = recorded_gradient(scalar, inputs[i]);
      if (gradient.defined()) total = total + project(gradient, static_cast<std::uint32_t>(i));
    }
    return total;
  };
}

// Central differences of project(f) at float64 leaves on the CPU.
inline std::vector<std::vector<double>> numeric_gradients(const Function& f,
                                                          const std::vector<Tensor>& leaves) {
  constexpr double kStep = 1e-5;
  std::vector<std::vector<double>> gradients;
  for (const Tensor& leaf : leaves) {
    std::vector<double> gradient(static_cast<std::size_t>(leaf.numel()));
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      double& element = leaf.data<double>()[i];
      const double centre = element;
      element = centre + kStep;
      const double above = project(f(leaves)).item();
      element = centre - kStep;
      const double below = project(f(leaves)).item();
      element = centre;
      gradient[i] = (above - below) / (2 * kStep);
    }
    gradients.push_back(std::move(gradient));
  }
  return gradients;
}

inline ::testing::AssertionResult near_gradients(const std::vector<std::vector<double>>& actual,
                                                 const std::vector<std::vector<double>>& expected,
                                                 double rtol, double atol) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const ::testing::AssertionResult result = near(actual.at(i), expected[i], rtol, atol);
    if (!result) return ::testing::AssertionFailure() << "input " << i << ": " << result.message();
  }
  return ::testing::AssertionSuccess();
}

// Both kinds of gradient against central differences, up to derivatives of `order`.
inline ::testing::AssertionResult gradients_match(Function f, const std::vector<Input>& inputs,
                                                  int order) {
  const std::vector<Tensor> leaves = make_leaves(inputs, Device::cpu(), DType::float64);
  for (int level = 1; level <= order; ++level) {
    const std::vector<std::vector<double>> expected = numeric_gradients(f, leaves);
    const Tensor scalar = project(f(leaves));
    for (const bool fused : {true, false}) {
      const ::testing::AssertionResult result = near_gradients(
          fused ? fused_gradients(scalar, leaves) : recorded_gradients(scalar, leaves), expected,
          1e-6, 1e-7);
      if (!result) {
        return ::testing::AssertionFailure()
               << (fused ? "fused" : "recorded") << " gradient, order " << level << ", "
               << result.message();
      }
    }
    f = derivative_of(std::move(f));
  }
  return ::testing::AssertionSuccess();
}

}  // namespace kiln::test
