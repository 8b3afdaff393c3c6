// SPDX-License-Identifier: MIT
// Philox4x32-10 against Random123's published vectors, and cuRAND's conventions on top of it.
#include <curand_kernel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "launch.h"

namespace {

void expect_equal(uint4 got, uint4 expected) {
  EXPECT_EQ(got.x, expected.x);
  EXPECT_EQ(got.y, expected.y);
  EXPECT_EQ(got.z, expected.z);
  EXPECT_EQ(got.w, expected.w);
}

TEST(Curand, MatchesThePublishedVectors) {
  expect_equal(curand_Philox4x32_10({0, 0, 0, 0}, {0, 0}),
               {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const unsigned ones = 0xffffffffu;
  expect_equal(curand_Philox4x32_10({ones, ones, ones, ones}, {ones, ones}),
               {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  expect_equal(curand_Philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                                    {0xa4093822, 0x299f31d0}),
               {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(Curand, PutsSeedSubsequenceAndOffsetIntoKeyAndCounter) {
  curandStatePhilox4_32_10_t state;
  curand_init(0x0000000500000007ull, 0x0000000300000002ull, 4 * 0x100000009ull + 1, &state);
  const uint4 block = curand_Philox4x32_10({9, 1, 2, 3}, {7, 5});
  const uint4 next = curand_Philox4x32_10({10, 1, 2, 3}, {7, 5});
  expect_equal(curand4(&state), {block.y, block.z, block.w, next.x});
  EXPECT_EQ(curand(&state), next.y);
}

TEST(Curand, OneAtATimeIsTheSameSequenceAsFour) {
  curandStatePhilox4_32_10_t ones, fours;
  curand_init(42, 1, 3, &ones);
  curand_init(42, 1, 3, &fours);
  for (int i = 0; i < 5; ++i) {
    const uint4 four = curand4(&fours);
    expect_equal(four, {curand(&ones), curand(&ones), curand(&ones), curand(&ones)});
  }
}

TEST(Curand, CarriesThroughTheCounter) {
  curandStatePhilox4_32_10_t state;
  curand_init(1, 0, 4 * 0xffffffffull, &state);
  curand4(&state);
  expect_equal(curand4(&state), curand_Philox4x32_10({0, 1, 0, 0}, {1, 0}));
}

TEST(Curand, UniformAndNormalFollowTheirFormulas) {
  curandStatePhilox4_32_10_t state;
  curand_init(0, 0, 0, &state);
  const float4 uniform = curand_uniform4(&state);
  EXPECT_EQ(uniform.x, std::ldexp(static_cast<float>(0x6627e8d5u), -32) + std::ldexp(1.0f, -33));
  curand_init(0, 0, 0, &state);
  const float4 normal = curand_normal4(&state);
  const double tau = 6.283185307179586;
  const double u = (0x6627e8d5u + 0.5) / 4294967296.0, v = (0xe169c58du + 0.5) / 4294967296.0;
  EXPECT_NEAR(normal.x, std::sqrt(-2 * std::log(u)) * std::sin(tau * v), 1e-6);
  EXPECT_NEAR(normal.y, std::sqrt(-2 * std::log(u)) * std::cos(tau * v), 1e-6);
  curand_init(0, 0, 0, &state);
  EXPECT_EQ(curand_normal(&state), normal.x);
  EXPECT_EQ(curand_normal(&state), normal.y);
  EXPECT_EQ(curand_normal2(&state).y, normal.w);
}

__global__ void noise_kernel(float* out, unsigned long long seed) {
  curandStatePhilox4_32_10_t state;
  curand_init(seed, threadIdx.x, 0, &state);
  const float4 noise = curand_normal4(&state);
  out[threadIdx.x] = noise.x + noise.y + noise.z + noise.w;
}

TEST(Curand, DrawsInsideAKernel) {
  DeviceArray<float> x(4096 / 4), y(4096 / 4);
  ASSERT_EQ(launch(noise_kernel, 1, 1024, 0, nullptr, x.data(), 9ull), cudaSuccess);
  ASSERT_EQ(launch(noise_kernel, 1, 1024, 0, nullptr, y.data(), 9ull), cudaSuccess);
  EXPECT_EQ(x.host(), y.host());
  double sum = 0, squares = 0;
  for (const float value : x.host()) {
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 1024, 0.0, 0.3);      // 5 sigma of the mean of 1024 numbers of deviation 2
  EXPECT_NEAR(squares / 1024, 4.0, 0.9);  // likewise for the variance
}

}  // namespace
