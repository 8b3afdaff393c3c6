// SPDX-License-Identifier: MIT
// That a product on the CPU has the same bits for every number of threads.
#pragma once

#include "tests/kernels/gemm_problem.h"
#include "tests/support/near.h"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace kiln::test {

// run(shape, inputs) in all transposes, each with an activation and bias.
template <class Run>
void expect_same_bits_for_every_number_of_threads([[maybe_unused]] GemmCase shape,
                                                  [[maybe_unused]] Run&& run) {
#ifndef _OPENMP
  GTEST_SKIP() << "built without OpenMP, so there is one thread";
#else
  const int before = omp_get_max_threads();
  shape.bias = true;
  shape.activation = {kernels::ActivationKind::sigmoid};
  for (const GemmCase& c : transposes_of(shape)) {
    const auto in = GemmInputs<float>::reals(c);
    omp_set_num_threads(1);
    const auto alone = run(c, in);
    for (const int threads : {2, 3, 7}) {
      omp_set_num_threads(threads);
      EXPECT_TRUE(same_bits(alone, run(c, in))) << c << ", " << threads;
    }
  }
  omp_set_num_threads(before);
#endif
}

inline void expect_same_bits_for_every_number_of_threads(const GemmCase& shape) {
  expect_same_bits_for_every_number_of_threads(
      shape, [](const GemmCase& c, const auto& in) { return run_gemm<CpuFloat>(c, in); });
}

}  // namespace kiln::test
