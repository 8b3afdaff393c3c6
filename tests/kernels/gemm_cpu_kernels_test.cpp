// SPDX-License-Identifier: MIT
// What the bf16 kernels of the CPU promise beyond every gemm; gemm_test.cpp has the rest for the
// one that this CPU's products use.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "kernels/gemm_amx_cpu.h"
#include "kernels/gemm_bf16_cpu.h"
#include "tests/kernels/activations.h"
#include "tests/kernels/gemm_problem.h"
#include "tests/kernels/gemm_threads.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Activation;

struct Bf16Kernel {
  const char* name;
  bool (*is_there)();
  bool (*multiply)(const kernels::GemmArgs<float>&);
  std::int64_t least_rows;
};
void PrintTo(const Bf16Kernel& kernel, std::ostream* out) { *out << kernel.name; }

class GemmBf16 : public ::testing::TestWithParam<Bf16Kernel> {
 protected:
  void SetUp() override {
    if (!GetParam().is_there()) GTEST_SKIP() << "this CPU has no instructions for it";
  }

  static std::vector<float> run(const GemmCase& c, const GemmInputs<float>& in) {
    return run_product<CpuFloat>(c, in, {},
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

// Operands are rounded and nothing else is: against the rounded operands' product in double, the
// error is that of sums in float.
TEST_P(GemmBf16, RoundsOperandsAndNothingElse) {
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
        for (float& x : rounded.a) x = round_to_bf16(x);
        for (float& x : rounded.b) x = round_to_bf16(x);
        const GemmReference expected(c, rounded);
        EXPECT_TRUE(near_each(run(c, in), expected.c, [&](std::size_t i) {
          return product_tolerance<CpuFloat>(c.k, expected.magnitude[i], kernels::Precision::fp32);
        }));
      }
    }
  });
}

TEST_P(GemmBf16, SumsBeyondABlockAccumulate) {
  for (GemmCase c : transposes_of({1025, 33, 2050})) {
    c.accumulate = true;
    const auto in = GemmInputs<float>::integers(c);
    EXPECT_TRUE(near(run(c, in), GemmReference(c, in).c, 0, 0)) << c;
  }
}

// Tiles, and strips of several, whole and begun.
TEST_P(GemmBf16, EveryRestOfATile) {
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

TEST_P(GemmBf16, KeepsNanAndInfinity) {
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

TEST_P(GemmBf16, SameBitsForEveryNumberOfThreads) {
  expect_same_bits_for_every_number_of_threads({260, 400, 500}, run);
}

TEST_P(GemmBf16, LeavesSmallProductsToOthers) {
  kernels::GemmArgs<float> args;
  args.m = 1;
  args.n = args.k = 784;
  EXPECT_FALSE(GetParam().multiply(args));
}

INSTANTIATE_TEST_SUITE_P(
    Cpu, GemmBf16,
    ::testing::Values(Bf16Kernel{"Avx512", kernels::cpu_multiplies_bf16, kernels::gemm_bf16, 8},
                      Bf16Kernel{"Amx", kernels::cpu_has_amx, kernels::gemm_amx, 16}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kiln::test
