// SPDX-License-Identifier: MIT
// Scalar intrinsics and vector types.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cmath>

namespace {

TEST(Intrinsics, CountAndTurnBits) {
  EXPECT_EQ(__popc(0xf0u), 4);
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__clz(0), 32);
  EXPECT_EQ(__ffs(8), 4);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__brev(1u), 0x80000000u);
  EXPECT_EQ(__umulhi(0x80000000u, 6u), 3u);
  EXPECT_EQ(__mulhi(-1, 1), -1);
  EXPECT_EQ(__funnelshift_l(0x80000000u, 1u, 1u), 3u);
  EXPECT_EQ(__float_as_uint(1.0f), 0x3f800000u);
  EXPECT_EQ(__int_as_float(0x40000000), 2.0f);
  EXPECT_EQ(__float2int_rn(2.5f), 2);
}

TEST(Intrinsics, ComputeWhatTheyAreNamedAfter) {
  EXPECT_FLOAT_EQ(rsqrtf(4.0f), 0.5f);
  EXPECT_FLOAT_EQ(__expf(1.0f), std::exp(1.0f));
  EXPECT_FLOAT_EQ(__logf(3.0f), std::log(3.0f));
  EXPECT_FLOAT_EQ(__fdividef(1.0f, 3.0f), 1.0f / 3.0f);
  EXPECT_EQ(__fmaf_rn(2.0f, 3.0f, 4.0f), 10.0f);
  EXPECT_EQ(__saturatef(2.0f), 1.0f);
  EXPECT_EQ(__saturatef(std::nanf("")), 0.0f);
  EXPECT_FLOAT_EQ(normcdff(0.0f), 0.5f);
  float sine = 0, cosine = 0;
  sincospif(0.5f, &sine, &cosine);
  EXPECT_FLOAT_EQ(sine, 1.0f);
  __sincosf(0.0f, &sine, &cosine);
  EXPECT_EQ(cosine, 1.0f);
  EXPECT_EQ(min(2, 3), 2);
  EXPECT_EQ(max(2.0f, std::nanf("")), 2.0f);
}

TEST(Intrinsics, VectorsHaveCudasAlignment) {
  static_assert(sizeof(float2) == 8 && alignof(float2) == 8);
  static_assert(sizeof(float3) == 12 && alignof(float3) == 4);
  static_assert(sizeof(float4) == 16 && alignof(float4) == 16);
  static_assert(sizeof(uchar4) == 4 && alignof(uchar4) == 4);
  static_assert(sizeof(double2) == 16 && alignof(double2) == 16);
  static_assert(sizeof(double4) == 32 && alignof(double4) == 16);
  constexpr float4 v = make_float4(1, 2, 3, 4);
  EXPECT_EQ(v.w, 4.0f);
  EXPECT_EQ(dim3(7).x * dim3(7).y * dim3(7).z, 7u);
}

}  // namespace
