// SPDX-License-Identifier: MIT
// Device memory: poisoned, checked, counted.
#include <gtest/gtest.h>

#include <cmath>

#include "cuda_emulation/counters.h"
#include "launch.h"

namespace {

__global__ void add_array_kernel(float* x, const float* y) { x[threadIdx.x] += y[threadIdx.x]; }

TEST(Memory, StartsAsNan) {
  DeviceArray<float> x(100);
  for (const float value : x.host()) EXPECT_TRUE(std::isnan(value));
}

TEST(Memory, AnUnwrittenValueReachesTheResult) {
  DeviceArray<float> x(std::vector<float>(8, 1.0f)), unwritten(8),
      written(std::vector<float>(8, 2));
  ASSERT_EQ(launch(add_array_kernel, 1, 8, 0, nullptr, x.data(), written.data()), cudaSuccess);
  EXPECT_EQ(x.host(), std::vector<float>(8, 3.0f));
  ASSERT_EQ(launch(add_array_kernel, 1, 8, 0, nullptr, x.data(), unwritten.data()), cudaSuccess);
  for (const float value : x.host()) EXPECT_TRUE(std::isnan(value));
}

TEST(Memory, CopiesCheckDirectionAndRange) {
  DeviceArray<float> x(4);
  float host[5] = {};
  EXPECT_EQ(cudaMemcpy(x.data(), host, 16, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(x.data(), host, 16, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(x.data(), host, 20, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(x.data() + 1, host, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(x.data(), host, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(host, x.data(), 16, cudaMemcpyHostToHost), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(host, x.data(), 16, static_cast<cudaMemcpyKind>(9)),
            cudaErrorInvalidMemcpyDirection);
  EXPECT_EQ(cudaMemset(host, 0, 4), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(x.data(), 0, 17), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
}

TEST(Memory, FreesOnlyWhatIsLive) {
  float* x = nullptr;
  ASSERT_EQ(cudaMalloc(&x, 16), cudaSuccess);
  EXPECT_EQ(cudaFree(x + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(x), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(x), cudaSuccess);
  EXPECT_EQ(cudaFree(x), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&x, 0), cudaSuccess);
  EXPECT_EQ(x, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
}

TEST(Memory, RunsOut) {
  std::size_t free_bytes = 0, total_bytes = 0;
  ASSERT_EQ(cudaMemGetInfo(&free_bytes, &total_bytes), cudaSuccess);
  EXPECT_EQ(total_bytes - free_bytes, cuda_emulation::live_bytes());
  float* x = nullptr;
  EXPECT_EQ(cudaMalloc(&x, total_bytes + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
}

TEST(Memory, TellsWhatAPointerPointsTo) {
  DeviceArray<float> x(4);
  float *pinned = nullptr, plain = 0;
  ASSERT_EQ(cudaMallocHost(&pinned, 16), cudaSuccess);
  cudaPointerAttributes attributes;
  ASSERT_EQ(cudaPointerGetAttributes(&attributes, x.data() + 3), cudaSuccess);
  EXPECT_EQ(attributes.type, cudaMemoryTypeDevice);
  ASSERT_EQ(cudaPointerGetAttributes(&attributes, pinned), cudaSuccess);
  EXPECT_EQ(attributes.type, cudaMemoryTypeHost);
  ASSERT_EQ(cudaPointerGetAttributes(&attributes, &plain), cudaSuccess);
  EXPECT_EQ(attributes.type, cudaMemoryTypeUnregistered);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST(Memory, StreamOrderedAllocationLivesUntilItsFreeHasRun) {
  cudaStream_t stream;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  const std::uint64_t before = cuda_emulation::live_allocations();
  float* x = nullptr;
  ASSERT_EQ(cudaMallocAsync(&x, 64, stream), cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(x, 0, 64, stream), cudaSuccess);
  ASSERT_EQ(cudaFreeAsync(x, stream), cudaSuccess);
  EXPECT_EQ(cuda_emulation::live_allocations(), before + 1);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(cuda_emulation::live_allocations(), before);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
}

}  // namespace
