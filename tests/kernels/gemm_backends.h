// SPDX-License-Identifier: MIT
// What runs matrix products (CPU, the CUDA kernels of this project, cuBLAS), the precisions that
// each tells apart, and how far a product may be off in each.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

#include "kernels/gemm.h"
#include "kernels/precision.h"
#include "tests/support/backends.h"

namespace kiln::test {

#ifdef KILN_HAS_CUDA
template <kernels::GemmBackend kBackend>
struct CudaGemm : CudaFloat {
  static constexpr bool has_precisions = kBackend == kernels::GemmBackend::kiln;
  static constexpr const char* name = has_precisions ? "CudaKiln" : "CudaCublas";
  static void select() { kernels::set_cuda_gemm_backend(kBackend); }
};
using CudaKilnGemm = CudaGemm<kernels::GemmBackend::kiln>;
using GemmBackends =
    ::testing::Types<CpuFloat, CpuDouble, CudaKilnGemm, CudaGemm<kernels::GemmBackend::cublas>>;
#else
using GemmBackends = Backends;
#endif

template <class Backend>
class GemmBackendTest : public BackendTest<Backend> {
 protected:
  void SetUp() override {
    if constexpr (requires { Backend::select(); }) Backend::select();
    BackendTest<Backend>::SetUp();
  }
};

// Sanitizers make the emulated device 5 to 25 times slower: the longest sweeps are shortened.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

inline const char* name_of(kernels::Precision precision) {
  switch (precision) {
    case kernels::Precision::fp32:
      return "fp32";
    case kernels::Precision::tf32x3:
      return "tf32x3";
    case kernels::Precision::tf32:
      return "tf32";
    case kernels::Precision::bf16:
      return "bf16";
  }
  return "?";
}

// Whether Backend may compute in `precision`; if not, it computes in fp32.
template <class Backend>
constexpr bool tells_apart(kernels::Precision precision) {
  if (precision == kernels::Precision::fp32) return true;
  if constexpr (requires { requires Backend::has_precisions; }) return true;
  return std::is_same_v<Backend, CpuFloat> && precision == kernels::Precision::bf16;
}

// Calls f(precision) for all that Backend tells apart.
template <class Backend, class F>
void for_each_precision(F f) {
  using kernels::Precision;
  for (const Precision precision :
       {Precision::fp32, Precision::tf32x3, Precision::tf32, Precision::bf16}) {
    if (!tells_apart<Backend>(precision)) continue;
    SCOPED_TRACE(name_of(precision));
    f(precision);
  }
}

// What one product of two rounded operands may be off by, relative to its size, beyond rounding
// once: TF32 has 11 significant bits, bf16 has 8, and tf32x3 leaves out parts of 2^-22.
template <class Backend>
double operand_error(kernels::Precision precision) {
  if (!tells_apart<Backend>(precision)) return 0;
  switch (precision) {
    case kernels::Precision::tf32x3:
      return 3 * 0x1p-22;
    case kernels::Precision::tf32:
      return 2.01 * 0x1p-11;
    case kernels::Precision::bf16:
      return 2.01 * 0x1p-8;
    case kernels::Precision::fp32:
      break;
  }
  return 0;
}

// What a sum of k products in any order, with bias and activation, may be off by: (k + c) eps of
// the sum of its terms' sizes, and what rounding the operands adds to each term.
template <class Backend>
double product_tolerance(std::int64_t k, double magnitude, kernels::Precision precision) {
  return (static_cast<double>(k) * magnitude + 16 * (1 + magnitude)) * kEpsilon<Backend> +
         operand_error<Backend>(precision) * magnitude;
}

}  // namespace kiln::test
