// SPDX-License-Identifier: MIT
// Shared memory: per block, per type, poisoned, limited.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "launch.h"

namespace {

using cuda_emulation::block_shared;

struct First {
  float values[32];
};
struct alignas(64) Second {
  float values[32];
};
struct Large {
  char bytes[49153];
};

__global__ void two_types_kernel(int* same, float* stale) {
  First& first = block_shared<First>();
  Second& second = block_shared<Second>();
  const unsigned i = threadIdx.x;
  if (i == 0) {
    same[blockIdx.x] = static_cast<void*>(&first) == static_cast<void*>(&second) ||
                       &first != &block_shared<First>() ||
                       reinterpret_cast<std::uintptr_t>(&second) % 64 != 0;
    stale[blockIdx.x] = first.values[5];
  }
  __syncthreads();
  first.values[i] = 1.0f;
  second.values[i] = 2.0f;
}

__global__ void dynamic_kernel(float* out) {
  auto* row = static_cast<float*>(cuda_emulation::dynamic_shared());
  row[threadIdx.x] = static_cast<float>(threadIdx.x);
  __syncthreads();
  out[threadIdx.x] = row[blockDim.x - 1 - threadIdx.x];
}

__global__ void large_kernel() { block_shared<Large>().bytes[threadIdx.x] = 0; }

TEST(SharedMemory, IsOnePerTypeAndFreshForEveryBlock) {
  DeviceArray<int> same(5);
  DeviceArray<float> stale(5);
  ASSERT_EQ(launch(two_types_kernel, 5, 32, 0, nullptr, same.data(), stale.data()), cudaSuccess);
  EXPECT_EQ(same.host(), std::vector<int>(5, 0));
  for (const float value : stale.host()) EXPECT_TRUE(std::isnan(value));
}

TEST(SharedMemory, ComesInTheSizeOfTheLaunch) {
  DeviceArray<float> out(64);
  ASSERT_EQ(launch(dynamic_kernel, 1, 64, 256, nullptr, out.data()), cudaSuccess);
  const std::vector<float> got = out.host();
  for (int i = 0; i < 64; ++i) EXPECT_EQ(got[i], static_cast<float>(63 - i));
}

TEST(SharedMemory, BeyondTheStaticLimitIsAFault) {
  ASSERT_EQ(launch(large_kernel, 1, 1, 0, nullptr), cudaSuccess);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchOutOfResources);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("exceed 49152 bytes"), std::string::npos);
  cudaGetLastError();
  cudaDeviceReset();
}

}  // namespace
