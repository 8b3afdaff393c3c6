// SPDX-License-Identifier: MIT
// What the tests of captured training steps share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include "engine/data/batch_stream.h"
#include "engine/memory_pool.h"
#include "engine/nn/module.h"
#include "engine/rng.h"
#ifdef KILN_CUDA_EMULATED
#include <cuda_emulation/counters.h>
#endif

namespace kiln::test {

// Skips where there is no device.
template <class Parameter>
class CaptureTest : public ::testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    try {
      Device::cuda();
    } catch (const Error& error) {
      GTEST_SKIP() << "no CUDA device: " << error.what();
    }
  }
};

// Five batches of random bytes.
inline BatchStream random_batches(std::int64_t batch, std::int64_t pixels) {
  std::vector<std::uint8_t> bytes;
  for (std::int64_t i = 0; i < 5 * batch * pixels; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(derive_seed(1, static_cast<std::uint64_t>(i))));
  }
  return {Tensor::from_host(bytes, {5 * batch, pixels}, Device::cuda()), batch, 2};
}

inline std::vector<float> weights_of(const std::vector<const nn::Module*>& modules) {
  std::vector<float> all;
  for (const nn::Module* module : modules) {
    for (const Tensor& parameter : module->parameters()) {
      const std::vector<float> values = parameter.to_host<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  return all;
}

// Fewer steps for a slow device: KILN_TEST_GAN_STEPS. Two penalty steps need 5.
inline int replayed_steps() {
  const char* text = std::getenv("KILN_TEST_GAN_STEPS");
  return text != nullptr ? std::max(std::atoi(text), 6) : 100;
}

#ifdef KILN_CUDA_EMULATED
// Eight steps are eight launches of a graph: nothing is allocated, copied or waited for.
inline void expect_one_launch_a_step(const std::function<void()>& train_step) {
  for (int step = 0; step < 10; ++step) train_step();
  Device::cuda().synchronize();
  const std::size_t pool_before = Device::cuda().pool().device_allocations();
  const cuda_emulation::Counters before = cuda_emulation::counters();
  for (int step = 0; step < 8; ++step) train_step();
  const cuda_emulation::Counters after = cuda_emulation::counters();
  EXPECT_EQ(after.graph_launches - before.graph_launches, 8u);
  EXPECT_EQ(after.launches - before.launches, 0u);
  EXPECT_EQ(after.allocations - before.allocations, 0u);
  EXPECT_EQ(after.synchronizations - before.synchronizations, 0u);
  EXPECT_EQ(after.copies - before.copies, 0u);
  EXPECT_EQ(Device::cuda().pool().device_allocations(), pool_before);
}
#endif

}  // namespace kiln::test
