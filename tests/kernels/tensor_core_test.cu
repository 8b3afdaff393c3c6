// SPDX-License-Identifier: MIT
// tensor_core.cuh and async_copy.cuh, as one warp uses them: operands come by asynchronous copies,
// fragments by ldmatrix. Integers small enough that every product and sum is exact.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/async_copy.cuh"
#include "kernels/cuda_device.h"
#include "kernels/launch.h"
#include "kernels/shared_memory.h"
#include "kernels/tensor_core.cuh"
#include "tests/support/buffer.h"

namespace kiln::test {
namespace {

struct Operands {
  alignas(16) std::uint32_t a[16][8];       // m x k
  alignas(16) std::uint32_t b[8][8];        // n x k
  alignas(16) std::uint32_t b_flat[16][4];  // k x n, bf16 only
};

// C (16 x 8) = C + A B in tf32. A is 16 x 8 and B^T 8 x 8 floats.
__global__ void tf32_product_kernel(const float* a, const float* b, float* c) {
  Operands& shared = kernels::block_shared<Operands>();
  const unsigned lane = threadIdx.x;
  kernels::async_copy<16>(&shared.a[lane / 2][lane % 2 * 4], a + lane * 4, true);
  kernels::async_commit();
  kernels::async_copy<8>(&shared.b[lane / 4][lane % 4 * 2], b + lane * 2, true);
  kernels::async_commit();
  kernels::async_wait<0>();
  __syncwarp();
  std::uint32_t a_part[4], b_part[2];
  kernels::ldmatrix_x4(a_part, &shared.a[lane % 16][lane / 16 * 4]);
  kernels::ldmatrix_x2(b_part, &shared.b[lane % 8][lane / 8 % 2 * 4]);
  float* const d = c + lane / 4 * 8 + lane % 4 * 2;
  float sums[4] = {d[0], d[1], d[64], d[65]};
  kernels::mma_m16n8k8_tf32(sums, a_part, b_part);
  d[0] = sums[0];
  d[1] = sums[1];
  d[64] = sums[2];
  d[65] = sums[3];
}

// C (16 x 8) = C + A B in bf16. A is 16 x 16; B is 16 x 8, or B^T 8 x 16 if `transposed`.
__global__ void bf16_product_kernel(const std::uint32_t* a, const std::uint32_t* b, float* c,
                                    bool transposed) {
  Operands& shared = kernels::block_shared<Operands>();
  const unsigned lane = threadIdx.x;
  for (unsigned i = lane; i < 128; i += 32) {
    kernels::async_copy<4>(&shared.a[i / 8][i % 8], a + i, true);
  }
  for (unsigned i = lane; i < 64; i += 32) {
    kernels::async_copy<4>(transposed ? &shared.b[i / 8][i % 8] : &shared.b_flat[i / 4][i % 4],
                           b + i, true);
  }
  kernels::async_commit();
  kernels::async_wait<0>();
  __syncwarp();
  std::uint32_t a_part[4], b_part[2];
  kernels::ldmatrix_x4(a_part, &shared.a[lane % 16][lane / 16 * 4]);
  if (transposed) {
    kernels::ldmatrix_x2(b_part, &shared.b[lane % 8][lane / 8 % 2 * 4]);
  } else {
    kernels::ldmatrix_x2_trans(b_part, &shared.b_flat[lane % 16]);
  }
  float* const d = c + lane / 4 * 8 + lane % 4 * 2;
  float sums[4] = {d[0], d[1], d[64], d[65]};
  kernels::mma_m16n8k16_bf16(sums, a_part, b_part);
  d[0] = sums[0];
  d[1] = sums[1];
  d[64] = sums[2];
  d[65] = sums[3];
}

// Writes the 4 matrices that ldmatrix_x4_trans loads as 4 x 8 x 4 words.
__global__ void transpose_kernel(const std::uint32_t* in, std::uint32_t* out) {
  Operands& shared = kernels::block_shared<Operands>();
  const unsigned lane = threadIdx.x;
  for (unsigned i = lane; i < 128; i += 32) shared.a[i / 8][i % 8] = in[i];
  __syncwarp();
  std::uint32_t r[4];
  kernels::ldmatrix_x4_trans(r, &shared.a[lane / 2][lane % 2 * 4]);
  for (unsigned m = 0; m < 4; ++m) out[m * 32 + lane] = r[m];
}

__global__ void convert_kernel(const float* in, std::uint32_t* out, std::int64_t n) {
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x) {
    out[2 * i] = kernels::to_tf32(in[i]);
    out[2 * i + 1] = kernels::pack_bf16(in[i], 1.0f);
  }
}

struct Copied {
  alignas(16) float at[32][4];
};

// Three groups in flight; the words of odd lanes lie outside.
__global__ void copy_kernel(const float* in, float* out) {
  Copied& shared = kernels::block_shared<Copied>();
  const unsigned lane = threadIdx.x;
  const bool inside = lane % 2 == 0;
  float* const to = shared.at[lane];
  kernels::async_copy<8>(to, in + lane * 4, inside);
  kernels::async_commit();
  kernels::async_copy<4>(to + 2, in + lane * 4 + 2, inside);
  kernels::async_commit();
  kernels::async_copy<4>(to + 3, in + lane * 4 + 3, inside);
  kernels::async_commit();
  kernels::async_wait<2>();
  out[lane * 4] = to[0];
  out[lane * 4 + 1] = to[1];
  kernels::async_wait<1>();
  out[lane * 4 + 2] = to[2];
  kernels::async_wait<0>();
  out[lane * 4 + 3] = to[3];
  kernels::async_copy<16>(to, nullptr, false);
  kernels::async_commit();
  kernels::async_wait<0>();
  __syncwarp();
  const float* const neighbour = shared.at[lane ^ 1];
  out[128 + lane] = neighbour[0] + neighbour[1] + neighbour[2] + neighbour[3];
}

// Small integers without a pattern that a wrong place would repeat.
float a_at(int row, int k) { return static_cast<float>((row * 7 + k * 5 + row * k) % 13 - 6); }
float b_at(int k, int column) { return static_cast<float>((k * 3 + column * 11) % 17 - 8); }

std::uint32_t bf16_pair(float low, float high) {
  return std::bit_cast<std::uint32_t>(low) >> 16 |
         (std::bit_cast<std::uint32_t>(high) & 0xffff0000u);
}

void expect_product(const std::vector<float>& c, int depth) {
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) {
      float expected = 100.0f;
      for (int k = 0; k < depth; ++k) expected += a_at(row, k) * b_at(k, column);
      EXPECT_EQ(c[row * 8 + column], expected) << row << ' ' << column;
    }
  }
}

class CudaTensorCore : public BackendTest<CudaFloat> {
 protected:
  void SetUp() override {
    BackendTest<CudaFloat>::SetUp();
    if (!IsSkipped() && kernels::cuda_device_info(0).major < 8) {
      GTEST_SKIP() << "needs a device of compute capability 8.0";
    }
  }
  template <class... Params, class... Args>
  static void run(void (*kernel)(Params...), Args... args) {
    kernels::launch("tensor_core", kernel, 1, 32, 0, CudaFloat::stream(), args...);
  }
};
using CudaAsyncCopy = BackendTest<CudaFloat>;

TEST_F(CudaTensorCore, MultipliesTf32) {
  std::vector<float> a, b;
  for (int i = 0; i < 128; ++i) a.push_back(a_at(i / 8, i % 8));
  for (int i = 0; i < 64; ++i) b.push_back(b_at(i % 8, i / 8));
  const Buffer<CudaFloat> da(a), db(b), c(std::vector<float>(128, 100.0f));
  run(tf32_product_kernel, da.data(), db.data(), c.data());
  expect_product(c.values(), 8);
}

TEST_F(CudaTensorCore, MultipliesBf16) {
  std::vector<std::uint32_t> a, b, b_transposed;
  for (int i = 0; i < 128; ++i) {
    a.push_back(bf16_pair(a_at(i / 8, i % 8 * 2), a_at(i / 8, i % 8 * 2 + 1)));
  }
  for (int i = 0; i < 64; ++i) {
    b.push_back(bf16_pair(b_at(i / 4, i % 4 * 2), b_at(i / 4, i % 4 * 2 + 1)));
    b_transposed.push_back(bf16_pair(b_at(i % 8 * 2, i / 8), b_at(i % 8 * 2 + 1, i / 8)));
  }
  const Buffer<CudaFloat, std::uint32_t> da(a);
  for (const bool transposed : {false, true}) {
    const Buffer<CudaFloat, std::uint32_t> db(transposed ? b_transposed : b);
    const Buffer<CudaFloat> c(std::vector<float>(128, 100.0f));
    run(bf16_product_kernel, da.data(), db.data(), c.data(), transposed);
    expect_product(c.values(), 16);
  }
}

TEST_F(CudaTensorCore, TransposesAsItLoads) {
  std::vector<std::uint32_t> in;
  for (std::uint32_t i = 0; i < 128; ++i) in.push_back(2 * i | (2 * i + 1) << 16);
  const Buffer<CudaFloat, std::uint32_t> x(in), y(128);
  run(transpose_kernel, x.data(), y.data());
  const auto out = y.values();
  for (std::uint32_t i = 0; i < 128; ++i) {
    const std::uint32_t m = i / 32, lane = i % 32;
    const std::uint32_t first = 64 * m + lane % 4 * 2 * 8 + lane / 4;
    EXPECT_EQ(out[i], first | (first + 8) << 16) << i;
  }
}

TEST_F(CudaTensorCore, ConvertsToTheNearest) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  struct Case {
    float x, tf32, bf16;
  };
  const Case cases[] = {
      {1.0f, 1.0f, 1.0f},
      {1.0f + 0x1p-11f, 1.0f + 0x1p-10f, 1.0f},  // tf32: a tie, away from zero
      {-1.0f - 0x1p-11f, -1.0f - 0x1p-10f, -1.0f},
      {1.0f + 0x1p-12f, 1.0f, 1.0f},
      {1.0f + 0x1p-8f, 1.0f + 0x1p-8f, 1.0f},  // bf16: a tie, to even
      {1.0f + 0x3p-8f, 1.0f + 0x3p-8f, 1.0f + 0x1p-6f},
      {1.0f + 0x1.02p-8f, 1.0f + 0x1p-8f, 1.0f + 0x1p-7f},
      {-0.0f, -0.0f, -0.0f},
      {kInfinity, kInfinity, kInfinity},
      {-kInfinity, -kInfinity, -kInfinity},
  };
  std::vector<float> in;
  for (const Case& c : cases) in.push_back(c.x);
  in.push_back(std::numeric_limits<float>::quiet_NaN());
  const Buffer<CudaFloat> x(in);
  const Buffer<CudaFloat, std::uint32_t> y(2 * x.size());
  run(convert_kernel, x.data(), y.data(), x.size());
  const auto out = y.values();
  for (std::size_t i = 0; i < in.size(); ++i) {
    // What the low 13 bits of a tf32 value are is not specified.
    const float tf32 = std::bit_cast<float>(out[2 * i] & 0xffffe000u);
    const float bf16 = std::bit_cast<float>(out[2 * i + 1] << 16);
    EXPECT_EQ(out[2 * i + 1] >> 16, 0x3f80u);
    if (i == std::size(cases)) {
      EXPECT_TRUE(std::isnan(tf32));
      EXPECT_TRUE(std::isnan(bf16));
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(tf32), std::bit_cast<std::uint32_t>(cases[i].tf32))
          << in[i];
      EXPECT_EQ(std::bit_cast<std::uint32_t>(bf16), std::bit_cast<std::uint32_t>(cases[i].bf16))
          << in[i];
    }
  }
}

TEST_F(CudaAsyncCopy, LandsInGroupsAndZeroFills) {
  std::vector<float> in;
  for (int i = 0; i < 128; ++i) in.push_back(static_cast<float>(i + 1));
  const Buffer<CudaFloat> x(in), y(160);
  kernels::launch("copy", copy_kernel, 1, 32, 0, CudaFloat::stream(), x.data(), y.data());
  const auto out = y.values();
  for (int i = 0; i < 128; ++i) EXPECT_EQ(out[i], i / 4 % 2 == 0 ? in[i] : 0.0f) << i;
  for (int i = 128; i < 160; ++i) EXPECT_EQ(out[i], 0.0f) << i;
}

}  // namespace
}  // namespace kiln::test
