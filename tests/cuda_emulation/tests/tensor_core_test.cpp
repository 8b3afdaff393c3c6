// SPDX-License-Identifier: MIT
// Matrix fragments: which lane holds which element, as the PTX ISA's figures say it, element by
// element; conversions; and warps that are not whole.
#include <cuda_emulation/tensor_core.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "launch.h"

namespace {

using cuda_emulation::ldmatrix_x2;
using cuda_emulation::ldmatrix_x2_trans;
using cuda_emulation::ldmatrix_x4;
using cuda_emulation::ldmatrix_x4_trans;
using cuda_emulation::mma_m16n8k16_bf16;
using cuda_emulation::mma_m16n8k8_tf32;
using cuda_emulation::pack_bf16;
using cuda_emulation::to_tf32;
using Word = std::uint32_t;

struct Registers {
  Word a[4], b[2];
  float d[4];
};

/// Block i multiplies the fragments of warp i.
__global__ void product_kernel(Registers* warps, bool bf16) {
  Registers& lane = warps[blockIdx.x * 32 + threadIdx.x];
  if (bf16) {
    mma_m16n8k16_bf16(lane.d, lane.a, lane.b);
  } else {
    mma_m16n8k8_tf32(lane.d, lane.a, lane.b);
  }
}

/// The PTX ISA's figures: register i of a lane (of a pair, half i % 2) holds (row, column).
struct Place {
  int row, column;
};
struct Tf32Figures {
  static constexpr bool kBf16 = false;
  static constexpr int kDepth = 8, kA = 4, kB = 2;
  static Place a(int lane, int i) {
    const int group = lane >> 2, thread = lane & 3;
    return {i == 0 || i == 2 ? group : group + 8, i == 0 || i == 1 ? thread : thread + 4};
  }
  static Place b(int lane, int i) { return {i == 0 ? lane & 3 : (lane & 3) + 4, lane >> 2}; }
  static void put(Word* registers, int i, float x) { registers[i] = std::bit_cast<Word>(x); }
};
struct Bf16Figures {
  static constexpr bool kBf16 = true;
  static constexpr int kDepth = 16, kA = 8, kB = 4;
  static Place a(int lane, int i) {
    const int group = lane >> 2, thread = lane & 3;
    return {(0 <= i && i < 2) || (4 <= i && i < 6) ? group : group + 8,
            i < 4 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8};
  }
  static Place b(int lane, int i) {
    const int thread = lane & 3;
    return {i < 2 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8, lane >> 2};
  }
  static void put(Word* registers, int i, float x) {
    registers[i / 2] |= std::bit_cast<Word>(x) >> 16 << i % 2 * 16;
  }
};
Place place_of_d(int lane, int i) {
  return {i < 2 ? lane >> 2 : (lane >> 2) + 8, (lane & 3) * 2 + (i & 1)};
}

/// One product for each element of A, which is 1 in it and 0 elsewhere: row `row` of D must be C's
/// plus row `k` of B, all other rows C's.
template <class Figures>
void expect_every_element_in_its_place() {
  constexpr int kDepth = Figures::kDepth;
  const auto b = [](int k, int column) { return static_cast<float>(k * 8 + column + 1); };
  const auto c = [](int row, int column) { return static_cast<float>(1000 * row + 200 * column); };
  std::vector<Registers> warps(16 * kDepth * 32);
  for (int one = 0; one < 16 * kDepth; ++one) {
    for (int lane = 0; lane < 32; ++lane) {
      Registers& registers = warps[one * 32 + lane] = {};
      for (int i = 0; i < Figures::kA; ++i) {
        const Place at = Figures::a(lane, i);
        Figures::put(registers.a, i, at.row * kDepth + at.column == one ? 1.0f : 0.0f);
      }
      for (int i = 0; i < Figures::kB; ++i) {
        const Place at = Figures::b(lane, i);
        Figures::put(registers.b, i, b(at.row, at.column));
      }
      for (int i = 0; i < 4; ++i) {
        const Place at = place_of_d(lane, i);
        registers.d[i] = c(at.row, at.column);
      }
    }
  }
  DeviceArray<Registers> device(warps);
  ASSERT_EQ(launch(product_kernel, 16 * kDepth, 32, 0, nullptr, device.data(), Figures::kBf16),
            cudaSuccess);
  warps = device.host();
  for (int one = 0; one < 16 * kDepth; ++one) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < 4; ++i) {
        const auto [row, column] = place_of_d(lane, i);
        const float product = row == one / kDepth ? b(one % kDepth, column) : 0.0f;
        ASSERT_EQ(warps[one * 32 + lane].d[i], c(row, column) + product)
            << "A's element " << one << ", D's (" << row << ", " << column << ")";
      }
    }
  }
}

TEST(TensorCore, Tf32FragmentsAreLaidOutAsDocumented) {
  expect_every_element_in_its_place<Tf32Figures>();
}
TEST(TensorCore, Bf16FragmentsAreLaidOutAsDocumented) {
  expect_every_element_in_its_place<Bf16Figures>();
}

/// d[0] of lane 0, where A's first row and B's first column are `a` and `b`, and C is `c`.
float product_of(const std::vector<Word>& a, const std::vector<Word>& b, float c) {
  std::vector<Registers> warp(32);
  for (int k = 0; k < 8; ++k) {
    warp[k % 4].a[k / 4 * 2] = a[k];
    warp[k % 4].b[k / 4] = b[k];
  }
  warp[0].d[0] = c;
  DeviceArray<Registers> device(warp);
  EXPECT_EQ(launch(product_kernel, 1, 32, 0, nullptr, device.data(), false), cudaSuccess);
  return device.host()[0].d[0];
}

TEST(TensorCore, Tf32InputsLoseTheirLowBits) {
  const Word one = std::bit_cast<Word>(1.0f);
  EXPECT_EQ(
      product_of({one | 0x1fffu, 0, 0, 0, 0, 0, 0, 0}, {one | 0x1fffu, 0, 0, 0, 0, 0, 0, 0}, 0.0f),
      1.0f);
  EXPECT_EQ(product_of({one | 0x2000u, 0, 0, 0, 0, 0, 0, 0}, {one, 0, 0, 0, 0, 0, 0, 0}, 0.0f),
            std::bit_cast<float>(one | 0x2000u));
}

TEST(TensorCore, SumsAreRoundedOnce) {
  const Word one = std::bit_cast<Word>(1.0f), tiny = std::bit_cast<Word>(0x1p-24f);
  // Added to 1 one after the other in float, each 2^-24 would be lost.
  EXPECT_EQ(
      product_of({tiny, tiny, tiny, tiny, 0, 0, 0, 0}, {one, one, one, one, 0, 0, 0, 0}, 1.0f),
      1.0f + 0x1p-22f);
  EXPECT_TRUE(
      std::isnan(product_of({0x7f800000u, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}, 0.0f)));
}

TEST(TensorCore, Tf32RoundsTiesAway) {
  const float one = 1.0f, ulp = 0x1p-10f;
  EXPECT_EQ(to_tf32(one + ulp / 2), std::bit_cast<Word>(one + ulp));
  EXPECT_EQ(to_tf32(-one - ulp / 2), std::bit_cast<Word>(-one - ulp));
  EXPECT_EQ(to_tf32(std::nextafter(one + ulp / 2, 0.0f)), std::bit_cast<Word>(one));
  EXPECT_EQ(to_tf32(std::nextafter(2.0f, 0.0f)), std::bit_cast<Word>(2.0f));
  EXPECT_EQ(to_tf32(-0.0f), std::bit_cast<Word>(-0.0f));
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_tf32(infinity), std::bit_cast<Word>(infinity));
  EXPECT_EQ(to_tf32(std::numeric_limits<float>::max()), std::bit_cast<Word>(infinity));
  EXPECT_TRUE(std::isnan(std::bit_cast<float>(to_tf32(std::bit_cast<float>(0x7f800001u)))));
}

TEST(TensorCore, Bf16RoundsTiesToEven) {
  const auto low = [](float x) { return pack_bf16(x, 0.0f); };
  const float ulp = 0x1p-7f, infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(pack_bf16(1.0f, -2.0f), 0xc0003f80u);
  EXPECT_EQ(low(1.0f + ulp / 2), 0x3f80u);
  EXPECT_EQ(low(1.0f + ulp * 1.5f), 0x3f82u);
  EXPECT_EQ(low(std::nextafter(1.0f + ulp / 2, 2.0f)), 0x3f81u);
  EXPECT_EQ(low(infinity), 0x7f80u);
  EXPECT_EQ(low(-infinity), 0xff80u);
  EXPECT_EQ(low(std::numeric_limits<float>::max()), 0x7f80u);
  for (const Word nan : {0x7f800001u, 0xff800001u, 0x7fffffffu}) {
    EXPECT_EQ(low(std::bit_cast<float>(nan)), 0x7fffu);
  }
}

struct Matrices {
  alignas(16) std::uint16_t element[4][8][8];
};

/// Element (row, column) of matrix m is 64 m + 8 row + column.
__global__ void load_kernel(Word* out) {
  Matrices& shared = cuda_emulation::block_shared<Matrices>();
  const unsigned lane = threadIdx.x;
  for (unsigned i = lane; i < 256; i += 32) {
    shared.element[i / 64][i / 8 % 8][i % 8] = static_cast<std::uint16_t>(i);
  }
  __syncwarp();
  const void* row = shared.element[lane / 8][lane % 8];
  Word four[4], two[2];
  ldmatrix_x4(four, row);
  for (unsigned m = 0; m < 4; ++m) out[(0 + m) * 32 + lane] = four[m];
  ldmatrix_x4_trans(four, row);
  for (unsigned m = 0; m < 4; ++m) out[(4 + m) * 32 + lane] = four[m];
  ldmatrix_x2(two, row);
  for (unsigned m = 0; m < 2; ++m) out[(8 + m) * 32 + lane] = two[m];
  ldmatrix_x2_trans(two, row);
  for (unsigned m = 0; m < 2; ++m) out[(10 + m) * 32 + lane] = two[m];
}

TEST(TensorCore, MatricesAreLoadedAsDocumented) {
  DeviceArray<Word> out(12 * 32);
  ASSERT_EQ(launch(load_kernel, 1, 32, 0, nullptr, out.data()), cudaSuccess);
  const std::vector<Word> got = out.host();
  for (Word word = 0; word < 12; ++word) {
    const Word m = word < 8 ? word % 4 : word % 2;
    const bool transposed = (word >= 4 && word < 8) || word >= 10;
    for (Word lane = 0; lane < 32; ++lane) {
      const Word row = lane / 4, column = lane % 4 * 2;
      const Word first = 64 * m + (transposed ? 8 * column + row : 8 * row + column);
      const Word second = first + (transposed ? 8 : 1);
      EXPECT_EQ(got[word * 32 + lane], first | second << 16) << word << ' ' << lane;
    }
  }
}

__global__ void missing_lane_kernel(float* out) {
  if (threadIdx.x == 7) return;
  float d[4] = {};
  mma_m16n8k8_tf32(d, {}, {});
  out[threadIdx.x] = d[0];
}
__global__ void split_warp_kernel(float* out) {
  float d[4] = {};
  if (threadIdx.x < 16) {
    mma_m16n8k16_bf16(d, {}, {});
  } else {
    mma_m16n8k16_bf16(d, {}, {});
  }
  out[threadIdx.x] = d[0];
}
__global__ void misaligned_row_kernel(float* out) {
  Word r[4];
  ldmatrix_x4(r, &cuda_emulation::block_shared<Matrices>().element[0][0][4]);
  out[threadIdx.x] = static_cast<float>(r[0]);
}
__global__ void global_row_kernel(float* out) {
  Word r[2];
  ldmatrix_x2(r, out);
  out[threadIdx.x] = static_cast<float>(r[0]);
}

TEST(TensorCore, WhatTheHardwareLeavesUndefinedIsAFault) {
  struct Case {
    void (*kernel)(float*);
    unsigned threads;
    const char* words;
  };
  for (const auto& [kernel, threads, words] :
       {Case{missing_lane_kernel, 32, "mma.m16n8k8 at "},
        Case{missing_lane_kernel, 6, "lanes of the warp are missing"},
        Case{split_warp_kernel, 32, "other lanes call it elsewhere"},
        Case{misaligned_row_kernel, 32, "its row is misaligned"},
        Case{global_row_kernel, 32, "its row is not in shared memory"}}) {
    DeviceArray<float> out(32);
    ASSERT_EQ(launch(kernel, 1, threads, 0, nullptr, out.data()), cudaSuccess);
    testing::internal::CaptureStderr();
    EXPECT_NE(cudaDeviceSynchronize(), cudaSuccess);
    const std::string report = testing::internal::GetCapturedStderr();
    EXPECT_NE(report.find(words), std::string::npos) << report;
    EXPECT_NE(report.find("tensor_core_test.cpp:"), std::string::npos) << report;
    cudaGetLastError();
    cudaDeviceReset();
  }
}

}  // namespace
