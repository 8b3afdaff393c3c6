// SPDX-License-Identifier: MIT
// Kiln's own kernels for products on a CPU, each where the CPU has its instructions, whether or not
// products use it there; gemm_test.cpp has the rest for those that they use.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "kernels/gemm_amx_cpu.h"
#include "kernels/gemm_avx512_cpu.h"
#include "kernels/gemm_bf16_cpu.h"
#include "tests/kernels/activations.h"
#include "tests/kernels/gemm_problem.h"
#include "tests/kernels/gemm_threads.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Activation;

struct CpuKernel {
  const char* name;
  bool (*is_there)();
  bool (*multiply)(const kernels::GemmArgs<float>&);
  std::int64_t least_rows;
  bool rounds_to_bf16;
};
void PrintTo(const CpuKernel& kernel, std::ostream* out) { *out << kernel.name; }

class GemmCpuKernel : public ::testing::TestWithParam<CpuKernel> {
 protected:
  void SetUp() override {
    if (!GetParam().is_there()) GTEST_SKIP() << "this CPU has no instructions for it";
  }

  static std::vector<float> run(const GemmCase& c, const GemmInputs<float>& in) {
    return run_at({}, c, in);
  }
  static std::vector<float> run_at(Layout layout, const GemmCase& c, const GemmInputs<float>& in) {
    return run_product<CpuFloat>(c, in, layout,
                                 [](const auto& args) { EXPECT_TRUE(GetParam().multiply(args)); });
  }
};

// To nearest, ties to even, in integers.
float round_to_bf16(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Operands are rounded, if to bf16, and nothing else is: against the rounded operands' product in
// double, the error is that of sums in float.
TEST_P(GemmCpuKernel, RoundsOperandsAtMost) {
  for_each_activation([](Activation activation) {
    const std::int64_t least = GetParam().least_rows;
    for (const GemmCase& shape :
         {GemmCase{least, 16, 16}, GemmCase{29, 33, 47}, GemmCase{64, 70, 101},
          GemmCase{1030, 17, 19}, GemmCase{2 * least - 1, 40, 2083}}) {
      for (GemmCase c : transposes_of(shape)) {
        c.bias = true;
        c.activation = activation;
        SCOPED_TRACE(::testing::Message() << c);
        const auto in = GemmInputs<float>::reals(c);
        GemmInputs<float> rounded = in;
        if (GetParam().rounds_to_bf16) {
          for (float& x : rounded.a) x = round_to_bf16(x);
          for (float& x : rounded.b) x = round_to_bf16(x);
        }
        const GemmReference expected(c, rounded);
        EXPECT_TRUE(near_each(run(c, in), expected.c, [&](std::size_t i) {
          return product_tolerance<CpuFloat>(c.k, expected.magnitude[i], kernels::Precision::fp32);
        }));
      }
    }
  });
}

TEST_P(GemmCpuKernel, SumsBeyondABlockAccumulate) {
  for (GemmCase c : transposes_of({1025, 33, 2050})) {
    c.accumulate = true;
    const auto in = GemmInputs<float>::integers(c);
    EXPECT_TRUE(near(run(c, in), GemmReference(c, in).c, 0, 0)) << c;
  }
}

// Tiles, and strips of several, whole and begun.
TEST_P(GemmCpuKernel, EveryRestOfATile) {
  for (const std::int64_t m : {GetParam().least_rows, std::int64_t{31}, std::int64_t{32},
                               std::int64_t{33}, std::int64_t{48}, std::int64_t{65}}) {
    for (const std::int64_t n : {16, 31, 32, 33, 49, 64}) {
      for (const std::int64_t k : {16, 31, 32, 33, 65}) {
        for (const GemmCase& c : transposes_of({m, n, k})) {
          const auto in = GemmInputs<float>::integers(c);
          ASSERT_TRUE(near(run(c, in), GemmReference(c, in).c, 0, 0)) << c;
        }
      }
    }
  }
}

// Blocks of op(A), of several k and rows.
TEST_P(GemmCpuKernel, EveryRestOfABlock) {
  for (const GemmCase& shape : {GemmCase{129, 40, 1025}, GemmCase{300, 17, 1100}}) {
    for (GemmCase c : transposes_of(shape)) {
      c.bias = true;
      const auto in = GemmInputs<float>::integers(c);
      EXPECT_TRUE(near(run(c, in), GemmReference(c, in).c, 0, 0)) << c;
    }
  }
}

TEST_P(GemmCpuKernel, TakesOperandsAtAnyAddress) {
  for (const Layout layout : {Layout{15}, Layout{1}, Layout{2}, Layout{8}}) {
    for (GemmCase c : transposes_of({37, 45, 51})) {
      c.bias = true;
      const auto in = GemmInputs<float>::integers(c);
      EXPECT_TRUE(near(run_at(layout, c, in), GemmReference(c, in).c, 0, 0)) << c;
    }
  }
}

TEST_P(GemmCpuKernel, KeepsNanAndInfinity) {
  for (const GemmCase& c : transposes_of({40, 40, 40})) {
    auto in = GemmInputs<float>::reals(c);
    for (float& x : in.a) x = std::abs(x) + 0.5f;
    for (float& x : in.b) x = std::abs(x) + 0.5f;
    in.a[c.transpose_a ? 3 : 3 * 40] = INFINITY;  // op(A)(3, 0)
    in.b[c.transpose_b ? 5 * 40 : 5] = NAN;       // op(B)(0, 5)
    const auto out = run(c, in);
    for (std::int64_t i = 0; i < c.m; ++i) {
      for (std::int64_t j = 0; j < c.n; ++j) {
        const float sum = out[static_cast<std::size_t>(i * c.n + j)];
        if (j == 5) {
          EXPECT_TRUE(std::isnan(sum)) << c << ", " << i;
        } else {
          EXPECT_EQ(std::isinf(sum), i == 3) << c << ", " << i << ' ' << j << ": " << sum;
        }
      }
    }
  }
}

TEST_P(GemmCpuKernel, SameBitsForEveryNumberOfThreads) {
  expect_same_bits_for_every_number_of_threads({260, 400, 500}, run);
}

TEST_P(GemmCpuKernel, LeavesSmallProductsToOthers) {
  kernels::GemmArgs<float> args;
  args.m = 1;
  args.n = args.k = 784;
  EXPECT_FALSE(GetParam().multiply(args));
}

INSTANTIATE_TEST_SUITE_P(
    Cpu, GemmCpuKernel,
    ::testing::Values(CpuKernel{"Avx512", kernels::cpu_has_avx512, kernels::gemm_avx512, 16, false},
                      CpuKernel{"Avx512Bf16", kernels::cpu_multiplies_bf16, kernels::gemm_bf16, 8,
                                true},
                      CpuKernel{"Amx", kernels::cpu_has_amx, kernels::gemm_amx, 16, true}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kiln::test
