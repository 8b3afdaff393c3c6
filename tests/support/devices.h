// SPDX-License-Identifier: MIT
// Where an engine test runs: the CPU in float and double, and a CUDA device (real or emulated) in
// float. A suite derives from PlaceTest; KILN_ON_EVERY_PLACE(Suite) names its tests
// Every/Suite.Test/CudaFloat, and those without a device skip by that name.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <vector>

#include "engine/tensor.h"

namespace kiln::test {

struct Place {
  const char* name;
  DeviceType device;
  DType dtype;
};

inline void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }

inline constexpr Place kPlaces[] = {{"CpuFloat", DeviceType::cpu, DType::float32},
                                    {"CpuDouble", DeviceType::cpu, DType::float64},
                                    {"CudaFloat", DeviceType::cuda, DType::float32}};

// `values` converted to `dtype`, float32 or float64.
inline Tensor make_tensor(const std::vector<double>& values, Shape shape, Device device,
                          DType dtype) {
  if (dtype == DType::float64) return Tensor::from_host(values, std::move(shape), device);
  return Tensor::from_host(std::vector<float>(values.begin(), values.end()), std::move(shape),
                           device);
}

inline std::vector<double> values_of(const Tensor& x) {
  if (x.dtype() == DType::float64) return x.to_host<double>();
  const std::vector<float> values = x.to_host<float>();
  return {values.begin(), values.end()};
}

class PlaceTest : public ::testing::TestWithParam<Place> {
 protected:
  void SetUp() override {
    if (GetParam().device == DeviceType::cpu) {
      device_ = Device::cpu();
      return;
    }
    try {
      device_ = Device::cuda();
    } catch (const Error& error) {
      GTEST_SKIP() << GetParam().name << " cannot run: " << error.what();
    }
  }

  Device device() const { return *device_; }
  DType dtype() const { return GetParam().dtype; }
  bool is_double() const { return dtype() == DType::float64; }
  // What one rounded operation may be off by, times a few.
  double tolerance() const { return is_double() ? 1e-13 : 1e-6; }

  Tensor tensor(const std::vector<double>& values, Shape shape) const {
    return make_tensor(values, std::move(shape), device(), dtype());
  }
  Tensor leaf(const std::vector<double>& values, Shape shape) const {
    return tensor(values, std::move(shape)).set_requires_grad(true);
  }

 private:
  std::optional<Device> device_;
};

}  // namespace kiln::test

#define KILN_ON_EVERY_PLACE(Suite)                                                   \
  INSTANTIATE_TEST_SUITE_P(Every, Suite, ::testing::ValuesIn(::kiln::test::kPlaces), \
                           [](const auto& test) { return test.param.name; })

// For what is float32 by itself.
#define KILN_ON_EVERY_FLOAT_PLACE(Suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(Every, Suite,                                                          \
                           ::testing::Values(::kiln::test::kPlaces[0], ::kiln::test::kPlaces[2]), \
                           [](const auto& test) { return test.param.name; })
