// SPDX-License-Identifier: MIT
// Block barriers, and the ways to misuse them.
#include <gtest/gtest.h>

#include "launch.h"

namespace {

struct Row {
  float values[256];
};

__global__ void reverse_kernel(float* x) {
  Row& row = cuda_emulation::block_shared<Row>();
  row.values[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = row.values[blockDim.x - 1 - threadIdx.x];
}

__global__ void barrier_vote_kernel(int* out) {
  const int i = static_cast<int>(threadIdx.x);
  out[0 * 40 + i] = __syncthreads_count(i % 2);
  out[1 * 40 + i] = __syncthreads_or(i == 7);
  out[2 * 40 + i] = __syncthreads_and(i != 7);
  out[3 * 40 + i] = __syncthreads_and(1);
  out[4 * 40 + i] = __syncthreads_or(0);
}

__global__ void some_exit_kernel() {
  if (threadIdx.x >= 3) return;
  __syncthreads();
}

__global__ void two_places_kernel() {
  if (threadIdx.x % 2 == 0) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ void one_shuffles_kernel() {
  if (threadIdx.x == 0) {
    __shfl_sync(1u | 2u, 0, 0);
  } else {
    __syncthreads();
  }
}

/// Runs a kernel that must fault, and returns what was said about it.
std::string fault_of(void (*kernel)(), unsigned threads) {
  EXPECT_EQ(launch(kernel, 2, threads, 0, nullptr), cudaSuccess);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
  cudaDeviceReset();
  return testing::internal::GetCapturedStderr();
}

TEST(Barrier, OrdersWritesBeforeReads) {
  for (const unsigned n : {1u, 31u, 33u, 256u}) {
    std::vector<float> values(n), expected(n);
    for (unsigned i = 0; i < n; ++i) values[i] = expected[n - 1 - i] = static_cast<float>(i);
    DeviceArray<float> x(values);
    ASSERT_EQ(launch(reverse_kernel, 1, n, 0, nullptr, x.data()), cudaSuccess);
    EXPECT_EQ(x.host(), expected);
  }
}

TEST(Barrier, CountsVotes) {
  DeviceArray<int> out(5 * 40);
  ASSERT_EQ(launch(barrier_vote_kernel, 1, 40, 0, nullptr, out.data()), cudaSuccess);
  const std::vector<int> votes = out.host();
  const int expected[5] = {20, 1, 0, 1, 0};
  for (int row = 0; row < 5; ++row) {
    for (int i = 0; i < 40; ++i) EXPECT_EQ(votes[row * 40 + i], expected[row]);
  }
}

TEST(Barrier, NotReachedByExitedThreadsIsAFaultWithItsPlace) {
  const std::string report = fault_of(some_exit_kernel, 64);
  EXPECT_NE(report.find("divergent barrier"), std::string::npos) << report;
  EXPECT_NE(report.find("barrier_test.cpp:"), std::string::npos) << report;
  EXPECT_NE(report.find("some_exit_kernel"), std::string::npos) << report;
  EXPECT_NE(report.find("3 of 64 threads wait, 61 have exited"), std::string::npos) << report;
}

TEST(Barrier, ReachedInTwoPlacesIsAFault) {
  const std::string report = fault_of(two_places_kernel, 32);
  EXPECT_NE(report.find("divergent barrier"), std::string::npos) << report;
  EXPECT_NE(report.find("others at"), std::string::npos) << report;
}

TEST(Barrier, WhileAThreadWaitsInAShuffleIsAFault) {
  const std::string report = fault_of(one_shuffles_kernel, 32);
  EXPECT_NE(report.find("1 wait in a warp operation"), std::string::npos) << report;
}

TEST(Barrier, TheDeviceWorksAfterAResetThatFollowsAFault) {
  fault_of(some_exit_kernel, 256);
  DeviceArray<float> x(std::vector<float>{1, 2, 3});
  ASSERT_EQ(launch(reverse_kernel, 1, 3, 0, nullptr, x.data()), cudaSuccess);
  EXPECT_EQ(x.host(), (std::vector<float>{3, 2, 1}));
}

}  // namespace
