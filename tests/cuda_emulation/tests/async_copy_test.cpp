// SPDX-License-Identifier: MIT
// Asynchronous copies: they land at the wait, in batches, and refuse what the hardware refuses.
#include <cuda_pipeline.h>
#include <gtest/gtest.h>

#include <cmath>

#include "launch.h"

namespace {

struct Stages {
  alignas(16) float values[2][32][4];
};

/// Two stages: while one is used the next is on its way. out[i] = sum of in[stage][i].
__global__ void pipeline_kernel(const float4* in, float4* out, int stages) {
  Stages& shared = cuda_emulation::block_shared<Stages>();
  const unsigned i = threadIdx.x;
  __pipeline_memcpy_async(shared.values[0][i], &in[i], 16);
  __pipeline_commit();
  float4 sum = {0, 0, 0, 0};
  for (int stage = 0; stage < stages; ++stage) {
    if (stage + 1 < stages) {
      __pipeline_memcpy_async(shared.values[(stage + 1) % 2][i], &in[(stage + 1) * 32 + i], 16);
    }
    __pipeline_commit();
    __pipeline_wait_prior(1);
    __syncthreads();
    const float* neighbour = shared.values[stage % 2][(i + 1) % 32];
    sum.x += neighbour[0];
    sum.y += neighbour[1];
    sum.z += neighbour[2];
    sum.w += neighbour[3];
    __syncthreads();
  }
  out[i] = sum;
}

__global__ void landing_kernel(const float* in, float* out) {
  Stages& shared = cuda_emulation::block_shared<Stages>();
  float* to = shared.values[0][0];
  to[0] = 7.0f;
  __pipeline_memcpy_async(to, in, 16, 8);
  out[0] = to[0];  // NaN: it has not landed
  __pipeline_wait_prior(0);
  out[1] = to[0];  // NaN: its batch was not committed
  __pipeline_commit();
  __pipeline_wait_prior(0);
  for (int i = 0; i < 4; ++i) out[2 + i] = to[i];
  __pipeline_memcpy_async(to, nullptr, 16, 16);  // reads nothing
  __pipeline_commit();
  __pipeline_wait_prior(0);
  out[6] = to[0];
}

__global__ void misaligned_kernel(const float* in) {
  __pipeline_memcpy_async(cuda_emulation::block_shared<Stages>().values[0][0], in + 1, 8);
}

__global__ void not_shared_kernel(float* in) { __pipeline_memcpy_async(in + 4, in, 16); }

TEST(AsyncCopy, FeedsAPipeline) {
  const int stages = 5;
  std::vector<float4> in(stages * 32);
  for (int i = 0; i < stages * 32; ++i) in[i] = {1.0f * (i % 32), 1.0f, 2.0f, 1.0f * (i / 32)};
  DeviceArray<float4> x(in), y(32);
  ASSERT_EQ(launch(pipeline_kernel, 1, 32, 0, nullptr, x.data(), y.data(), stages), cudaSuccess);
  const std::vector<float4> out = y.host();
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(out[i].x, static_cast<float>((i + 1) % 32 * stages));
    EXPECT_EQ(out[i].y, 5.0f);
    EXPECT_EQ(out[i].z, 10.0f);
    EXPECT_EQ(out[i].w, 10.0f);
  }
}

TEST(AsyncCopy, LandsAtTheWaitAndZeroFills) {
  DeviceArray<float> x(std::vector<float>{1, 2}), y(7);
  ASSERT_EQ(launch(landing_kernel, 1, 1, 0, nullptr, x.data(), y.data()), cudaSuccess);
  const std::vector<float> out = y.host();
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_TRUE(std::isnan(out[1]));
  EXPECT_EQ(std::vector<float>(out.begin() + 2, out.end()), (std::vector<float>{1, 2, 0, 0, 0}));
}

TEST(AsyncCopy, WithBadAddressesIsAFault) {
  DeviceArray<float> x(16);
  ASSERT_EQ(launch(misaligned_kernel, 1, 1, 0, nullptr, x.data()), cudaSuccess);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  const std::string report = testing::internal::GetCapturedStderr();
  EXPECT_NE(report.find("its source is misaligned"), std::string::npos) << report;
  EXPECT_NE(report.find("async_copy_test.cpp:"), std::string::npos) << report;
  cudaGetLastError();
  cudaDeviceReset();

  DeviceArray<float> y(16);
  ASSERT_EQ(launch(not_shared_kernel, 1, 1, 0, nullptr, y.data()), cudaSuccess);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("its target is not in shared memory"),
            std::string::npos);
  cudaGetLastError();
  cudaDeviceReset();
}

}  // namespace
