// SPDX-License-Identifier: MIT
// Shuffles, votes, reductions, and lanes that never meet.
#include <gtest/gtest.h>

#include <cmath>

#include "launch.h"

namespace {

constexpr unsigned kAll = 0xffffffffu;

__global__ void shuffle_kernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  out[0 * 32 + lane] = __shfl_sync(kAll, lane * 10, 5);
  out[1 * 32 + lane] = __shfl_sync(kAll, lane, 3, 8);
  out[2 * 32 + lane] = __shfl_up_sync(kAll, lane, 2u);
  out[3 * 32 + lane] = __shfl_up_sync(kAll, lane, 3u, 16);
  out[4 * 32 + lane] = __shfl_down_sync(kAll, lane, 2u);
  out[5 * 32 + lane] = __shfl_down_sync(kAll, lane, 3u, 16);
  out[6 * 32 + lane] = __shfl_xor_sync(kAll, lane, 9);
  out[7 * 32 + lane] = __shfl_xor_sync(kAll, lane, 5, 4);
}

__global__ void vote_kernel(unsigned* out) {
  const unsigned lane = threadIdx.x % 32;
  unsigned results[] = {__ballot_sync(kAll, lane % 3 == 0),
                        static_cast<unsigned>(__any_sync(kAll, lane == 31)),
                        static_cast<unsigned>(__all_sync(kAll, lane != 31)),
                        __reduce_add_sync(kAll, lane),
                        static_cast<unsigned>(__reduce_min_sync(kAll, static_cast<int>(lane) - 5)),
                        __reduce_max_sync(kAll, lane)};
  for (unsigned row = 0; row < 6; ++row) out[row * 32 + lane] = results[row];
}

__global__ void sum_kernel(float* out) {
  float sum = static_cast<float>(threadIdx.x);
  for (int flip = 16; flip > 0; flip /= 2) sum += __shfl_xor_sync(kAll, sum, flip);
  out[threadIdx.x] = sum;
}

__global__ void half_warps_kernel(int* out) {
  const unsigned lane = threadIdx.x;
  const unsigned mask = lane < 16 ? 0x0000ffffu : 0xffff0000u;
  int sum = static_cast<int>(lane);
  const int rounds = lane < 16 ? 1 : 3;  // the halves run apart
  for (int round = 0; round < rounds; ++round) sum = __shfl_xor_sync(mask, sum, 1);
  out[lane] = sum;
}

__global__ void tail_kernel(float* out, unsigned n) {
  if (threadIdx.x >= n) return;
  out[threadIdx.x] = __shfl_down_sync(kAll, 1.0f, 1u);
}

__global__ void exchange_kernel(int* out) {
  struct Lanes {
    int values[64];
  };
  Lanes& lanes = cuda_emulation::block_shared<Lanes>();
  const unsigned i = threadIdx.x;
  for (int round = 0; round < 3; ++round) {
    lanes.values[i] = static_cast<int>(i) + round;
    __syncwarp();
    out[blockIdx.x * 64 + i] = lanes.values[i ^ 1u];
    __syncwarp();
  }
}

__global__ void mismatch_kernel() {
  if (threadIdx.x == 0) {
    __syncwarp(kAll);
  } else {
    __any_sync(kAll, 1);
  }
}

__global__ void wrong_mask_kernel() { __syncwarp(2u << threadIdx.x); }

TEST(Warp, ShufflesAsDocumented) {
  DeviceArray<int> out(8 * 32);
  ASSERT_EQ(launch(shuffle_kernel, 1, 32, 0, nullptr, out.data()), cudaSuccess);
  const std::vector<int> got = out.host();
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(got[0 * 32 + i], 50);
    EXPECT_EQ(got[1 * 32 + i], i / 8 * 8 + 3);
    EXPECT_EQ(got[2 * 32 + i], i < 2 ? i : i - 2);
    EXPECT_EQ(got[3 * 32 + i], i % 16 < 3 ? i : i - 3);
    EXPECT_EQ(got[4 * 32 + i], i >= 30 ? i : i + 2);
    EXPECT_EQ(got[5 * 32 + i], i % 16 >= 13 ? i : i + 3);
    EXPECT_EQ(got[6 * 32 + i], i ^ 9);
    EXPECT_EQ(got[7 * 32 + i], (i ^ 5) < i / 4 * 4 + 4 ? i ^ 5 : i);
  }
}

TEST(Warp, VotesAndReduces) {
  DeviceArray<unsigned> out(6 * 32);
  ASSERT_EQ(launch(vote_kernel, 1, 32, 0, nullptr, out.data()), cudaSuccess);
  const std::vector<unsigned> got = out.host();
  const unsigned expected[6] = {0x49249249u, 1, 0, 496, static_cast<unsigned>(-5), 31};
  for (int row = 0; row < 6; ++row) {
    for (int i = 0; i < 32; ++i) EXPECT_EQ(got[row * 32 + i], expected[row]) << row;
  }
}

TEST(Warp, SumsEachWarpOfABlock) {
  DeviceArray<float> out(96);
  ASSERT_EQ(launch(sum_kernel, 1, 96, 0, nullptr, out.data()), cudaSuccess);
  const std::vector<float> got = out.host();
  for (int i = 0; i < 96; ++i) EXPECT_EQ(got[i], 496.0f + 1024.0f * static_cast<float>(i / 32));
}

TEST(Warp, SubsetsMeetOnTheirOwn) {
  DeviceArray<int> out(32);
  ASSERT_EQ(launch(half_warps_kernel, 1, 32, 0, nullptr, out.data()), cudaSuccess);
  const std::vector<int> got = out.host();
  for (int i = 0; i < 32; ++i) EXPECT_EQ(got[i], i ^ 1);
}

TEST(Warp, ExitedLanesAreNotWaitedForButGiveNan) {
  for (const unsigned threads : {32u, 20u}) {  // exited, and never there
    DeviceArray<float> out(20);
    ASSERT_EQ(launch(tail_kernel, 1, threads, 0, nullptr, out.data(), 20u), cudaSuccess);
    const std::vector<float> got = out.host();
    for (int i = 0; i < 19; ++i) EXPECT_EQ(got[i], 1.0f);
    EXPECT_TRUE(std::isnan(got[19]));
  }
}

TEST(Warp, SyncwarpOrdersMemory) {
  DeviceArray<int> out(128);
  ASSERT_EQ(launch(exchange_kernel, 2, 64, 0, nullptr, out.data()), cudaSuccess);
  const std::vector<int> got = out.host();
  for (int i = 0; i < 128; ++i) EXPECT_EQ(got[i], (i % 64 ^ 1) + 2);
}

TEST(Warp, LanesThatDoNotAgreeAreAFault) {
  struct Case {
    void (*kernel)();
    const char* words;
  };
  for (const auto& [kernel, words] :
       {Case{mismatch_kernel, "lanes never met"},
        Case{wrong_mask_kernel, "the mask leaves out the calling thread"}}) {
    ASSERT_EQ(launch(kernel, 1, 32, 0, nullptr), cudaSuccess);
    testing::internal::CaptureStderr();
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
    const std::string report = testing::internal::GetCapturedStderr();
    EXPECT_NE(report.find(words), std::string::npos) << report;
    EXPECT_NE(report.find("warp_test.cpp:"), std::string::npos) << report;
    cudaGetLastError();
    cudaDeviceReset();
  }
}

}  // namespace
