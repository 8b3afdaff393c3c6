// SPDX-License-Identifier: MIT
// What scripts/golden/*.py compute too: initial weights and noise from an integer hash, and the
// weights that a golden file keeps.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/data/mnist.h"
#include "models/chain.h"
#include "tests/support/near.h"

namespace kiln::test {

// lowbias32 of index + stream * 2^24, 24 bits of it, as floats in [-1, 1) times `scale`.
inline std::vector<float> hashed(std::int64_t count, std::uint32_t stream, float scale) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t x = static_cast<std::uint32_t>(i) + (stream << 24);
    x ^= x >> 16;
    x *= 0x7FEB352D;
    x ^= x >> 15;
    x *= 0x846CA68B;
    x ^= x >> 16;
    values.push_back((static_cast<float>(x >> 8) * 0x1p-23f - 1.0f) * scale);
  }
  return values;
}

inline void set_hashed_weights(models::Chain& mlp, std::uint32_t stream, Device device) {
  std::size_t index = 0;
  for (const Tensor& parameter : mlp.parameters()) {
    const auto bound = static_cast<float>(
        1 / std::sqrt(static_cast<double>(element_count(mlp.layers()[index++ / 2].in))));
    parameter.copy_from(
        Tensor::from_host(hashed(parameter.numel(), stream++, bound), parameter.shape(), device));
  }
}

// Uniform noise of variance 1.
inline Tensor hashed_noise(std::int64_t rows, std::int64_t columns, std::uint32_t stream,
                           Device device) {
  return Tensor::from_host(hashed(rows * columns, stream, 1.7320508f), {rows, columns}, device);
}

// The first images of MNIST, as bytes.
inline Tensor golden_images(std::int64_t rows, Device device) {
  const MnistData data = load_mnist(KILN_DATA_DIR, MnistSplit::train);
  return Tensor::from_host(
      std::span<const std::uint8_t>(data.images.pixels).first(static_cast<std::size_t>(rows * 784)),
      {rows, 784}, device);
}

inline nlohmann::json read_golden(const std::string& name) {
  std::ifstream file(KILN_GOLDEN_DIR "/" + name);
  return nlohmann::json::parse(file);
}

// Every 997th number of each parameter's gradient; `atol` is a share of the largest.
inline void expect_golden_gradients(const models::Chain& mlp, const nlohmann::json& golden,
                                    double atol = 1e-5) {
  const std::vector<nn::NamedTensor> parameters = mlp.named_parameters();
  ASSERT_EQ(parameters.size(), golden.size());
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const std::vector<float> values = parameters[p].tensor.grad().to_host<float>();
    std::vector<float> sampled;
    double largest = 0;
    for (std::size_t i = 0; i < values.size(); i += 997) {
      sampled.push_back(values[i]);
      largest = std::max(largest, std::abs(static_cast<double>(values[i])));
    }
    EXPECT_GT(largest, 0) << parameters[p].name;
    EXPECT_TRUE(near(sampled, golden[p].get<std::vector<float>>(), 1e-4, atol * largest))
        << parameters[p].name;
  }
}

// Every 997th weight of each parameter.
inline void expect_golden_weights(const models::Chain& mlp, const nlohmann::json& golden) {
  constexpr std::size_t kStride = 997;
  const std::vector<nn::NamedTensor> parameters = mlp.named_parameters();
  ASSERT_EQ(parameters.size(), golden.size());
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const std::vector<float> values = parameters[p].tensor.to_host<float>();
    std::vector<float> sampled;
    for (std::size_t i = 0; i < values.size(); i += kStride) sampled.push_back(values[i]);
    EXPECT_TRUE(near(sampled, golden[p].get<std::vector<float>>(), 1e-4, 1e-5))
        << parameters[p].name;
  }
}

}  // namespace kiln::test
