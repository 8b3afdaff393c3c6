// SPDX-License-Identifier: MIT
// The CPU's products of a matrix and a vector beyond what gemm_test.cpp has of them.
#include <utility>

#include "kernels/gemv_cpu.h"
#include "tests/kernels/activations.h"
#include "tests/kernels/gemm_problem.h"
#include "tests/kernels/gemm_threads.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Activation;

// Outputs are in groups of 64, four of which are summed side by side.
constexpr GemmCase kOneRow[] = {{1, 5, 7},     {1, 63, 100}, {1, 64, 33},  {1, 131, 70},
                                {1, 784, 512}, {1, 1, 3001}, {1, 2000, 1}, {1, 70, 0}};

GemmCase as_column(GemmCase c) {
  std::swap(c.m, c.n);
  return c;
}

TEST(Gemv, IsTheProductWithEveryEpilogue) {
  for (const GemmCase& row : kOneRow) {
    for (const GemmCase& shape : {row, as_column(row)}) {
      for (GemmCase c : transposes_of(shape)) {
        for_each_activation([&](Activation activation) {
          for (const bool accumulate : {false, true}) {
            c.accumulate = accumulate;
            c.bias = !accumulate;
            c.activation = accumulate ? Activation{} : activation;
            SCOPED_TRACE(::testing::Message() << c);
            const auto in = GemmInputs<float>::reals(c);
            const GemmReference expected(c, in);
            EXPECT_TRUE(near_each(run_gemm<CpuFloat>(c, in), expected.c, [&](std::size_t i) {
              return product_tolerance<CpuFloat>(c.k, expected.magnitude[i], c.precision);
            }));
          }
        });
      }
    }
  }
}

TEST(Gemv, SameBitsForEveryNumberOfThreads) {
  expect_same_bits_for_every_number_of_threads({1, 1000, 700});
  expect_same_bits_for_every_number_of_threads({1000, 1, 700});
}

TEST(Gemv, LeavesOtherProductsToOthers) {
  kernels::GemmArgs<float> args;
  args.m = args.n = 2;
  args.k = 1;
  EXPECT_FALSE(kernels::gemv(args));
}

}  // namespace
}  // namespace kiln::test
