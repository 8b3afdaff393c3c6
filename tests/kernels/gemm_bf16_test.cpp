// SPDX-License-Identifier: MIT
// What the bf16 kernel of the CPU promises beyond every gemm; gemm_test.cpp has the rest.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/gemm_bf16_cpu.h"
#include "tests/kernels/activations.h"
#include "tests/kernels/gemm_problem.h"
#include "tests/kernels/gemm_threads.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Activation;

class GemmBf16 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kernels::cpu_multiplies_bf16()) GTEST_SKIP() << "this CPU has no bf16 instructions";
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
TEST_F(GemmBf16, RoundsOperandsAndNothingElse) {
  for_each_activation([](Activation activation) {
    for (const GemmCase& shape : {GemmCase{8, 16, 16}, GemmCase{29, 33, 47}, GemmCase{64, 70, 101},
                                  GemmCase{1030, 17, 19}, GemmCase{15, 40, 2083}}) {
      for (GemmCase c : transposes_of(shape)) {
        c.precision = kernels::Precision::bf16;
        c.bias = true;
        c.activation = activation;
        SCOPED_TRACE(::testing::Message() << c);
        const auto in = GemmInputs<float>::reals(c);
        GemmInputs<float> rounded = in;
        for (float& x : rounded.a) x = round_to_bf16(x);
        for (float& x : rounded.b) x = round_to_bf16(x);
        const GemmReference expected(c, rounded);
        EXPECT_TRUE(near_each(run_gemm<CpuFloat>(c, in), expected.c, [&](std::size_t i) {
          return product_tolerance<CpuFloat>(c.k, expected.magnitude[i], kernels::Precision::fp32);
        }));
      }
    }
  });
}

TEST_F(GemmBf16, SumsBeyondABlockAccumulate) {
  for (GemmCase c : transposes_of({1025, 33, 2050})) {
    c.precision = kernels::Precision::bf16;
    c.accumulate = true;
    const auto in = GemmInputs<float>::integers(c);
    EXPECT_TRUE(near(run_gemm<CpuFloat>(c, in), GemmReference(c, in).c, 0, 0)) << c;
  }
}

TEST_F(GemmBf16, SameBitsForEveryNumberOfThreads) {
  GemmCase shape = {130, 200, 300};
  shape.precision = kernels::Precision::bf16;
  expect_same_bits_for_every_number_of_threads(shape);
}

TEST_F(GemmBf16, LeavesSmallProductsToOthers) {
  kernels::GemmArgs<float> args;
  args.m = 1;
  args.n = args.k = 784;
  EXPECT_FALSE(kernels::gemm_bf16(args));
}

}  // namespace
}  // namespace kiln::test
