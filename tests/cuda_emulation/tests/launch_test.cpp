// SPDX-License-Identifier: MIT
// Launches: indices, arguments, order, and the configurations that a device refuses.
#include "launch.h"

#include <gtest/gtest.h>

#include <set>

namespace {

__global__ void mark_kernel(int* visits, int n) {
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned i = block * blockDim.x * blockDim.y * blockDim.z + thread;
  if (i < static_cast<unsigned>(n)) visits[i] += 1;
}

__global__ void order_kernel(unsigned* order, unsigned* next) {
  order[atomicAdd(next, 1u)] = blockIdx.x * blockDim.x + threadIdx.x;
}

__global__ void empty_kernel() {}

TEST(Launch, VisitsEveryThreadOfEveryBlockOnce) {
  const dim3 grid(3, 2, 2), block(5, 3, 2);
  const int n = 12 * 30;
  DeviceArray<int> visits(std::vector<int>(n, 0));
  ASSERT_EQ(launch(mark_kernel, grid, block, 0, nullptr, visits.data(), n), cudaSuccess);
  EXPECT_EQ(visits.host(), std::vector<int>(n, 1));
}

TEST(Launch, ConvertsArgumentsToTheKernelsParameters) {
  DeviceArray<int> visits(std::vector<int>(4, 0));
  const short n = 3;
  ASSERT_EQ(launch(mark_kernel, 1, 32, 0, nullptr, visits.data(), n), cudaSuccess);
  EXPECT_EQ(visits.host(), (std::vector<int>{1, 1, 1, 0}));
}

TEST(Launch, RunsBlocksAndThreadsInARandomOrder) {
  const unsigned n = 8 * 64;
  DeviceArray<unsigned> order(n), next(std::vector<unsigned>{0});
  ASSERT_EQ(launch(order_kernel, 8, 64, 0, nullptr, order.data(), next.data()), cudaSuccess);
  const std::vector<unsigned> seen = order.host();
  EXPECT_EQ(std::set<unsigned>(seen.begin(), seen.end()).size(), n);
  unsigned in_sequence = 0;
  for (unsigned i = 0; i + 1 < n; ++i) in_sequence += seen[i] + 1 == seen[i + 1];
  EXPECT_LT(in_sequence, n / 2);
}

TEST(Launch, RefusesConfigurationsThatNoDeviceTakes) {
  EXPECT_EQ(launch(empty_kernel, 0, 32, 0, nullptr), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(empty_kernel, 1, 0, 0, nullptr), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(empty_kernel, 1, 1025, 0, nullptr), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(empty_kernel, 1, dim3(32, 33), 0, nullptr), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(empty_kernel, 1, dim3(1, 1, 65), 0, nullptr), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(empty_kernel, dim3(1, 65536), 32, 0, nullptr), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(empty_kernel, 1, 32, 49153, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(launch(empty_kernel, 1, 1024, 49152, nullptr), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
}

TEST(Launch, TakesMoreDynamicSharedMemoryAfterTheAttribute) {
  EXPECT_EQ(
      cudaFuncSetAttribute(empty_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 1 << 20),
      cudaErrorInvalidValue);
  ASSERT_EQ(cudaFuncSetAttribute(empty_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 65536),
            cudaSuccess);
  cudaGetLastError();
  EXPECT_EQ(launch(empty_kernel, 1, 32, 65536, nullptr), cudaSuccess);
  cudaFuncAttributes attributes;
  ASSERT_EQ(cudaFuncGetAttributes(&attributes, empty_kernel), cudaSuccess);
  EXPECT_EQ(attributes.maxDynamicSharedSizeBytes, 65536);
  int blocks = 0;
  ASSERT_EQ(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, empty_kernel, 256, 65536),
            cudaSuccess);
  EXPECT_EQ(blocks, 3);
}

TEST(Launch, TakesTheAttributesItKnows) {
  cudaLaunchAttribute attributes[2]{};
  attributes[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[0].val.programmaticStreamSerializationAllowed = 1;
  attributes[1].id = cudaLaunchAttributeClusterDimension;
  attributes[1].val.clusterDim = {1, 1, 1};
  cudaLaunchConfig_t config{};
  config.attrs = attributes;
  config.numAttrs = 2;
  EXPECT_EQ(cudaLaunchKernelEx(&config, empty_kernel), cudaSuccess);
  attributes[1].val.clusterDim = {2, 1, 1};
  EXPECT_EQ(cudaLaunchKernelEx(&config, empty_kernel), cudaErrorNotSupported);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotSupported);
}

TEST(Launch, AHostPointerAsArgumentIsAFault) {
  int on_host = 0;
  ASSERT_EQ(launch(mark_kernel, 1, 32, 0, nullptr, &on_host, 0), cudaSuccess);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("pointer argument 0 of kernel"),
            std::string::npos);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);  // sticky
  EXPECT_EQ(launch(empty_kernel, 1, 1, 0, nullptr), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaDeviceReset(), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
}

TEST(Launch, AnErrorThatNobodyAsksForIsReportedAtTheNextSynchronisation) {
  launch(empty_kernel, 1, 0, 0, nullptr);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  const std::string report = testing::internal::GetCapturedStderr();
  EXPECT_NE(report.find("empty_kernel"), std::string::npos) << report;
  EXPECT_NE(report.find("cudaErrorInvalidConfiguration"), std::string::npos) << report;
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidConfiguration);
  launch(empty_kernel, 1, 0, 0, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidConfiguration);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
