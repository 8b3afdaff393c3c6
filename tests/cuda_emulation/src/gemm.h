// SPDX-License-Identifier: MIT
// C = alpha op(A) op(B) + beta C on the host, column-major, as cuBLAS is documented to compute it.
#pragma once

#include <cstdint>

namespace cuda_emulation {

template <class T>
struct Gemm {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;
  T alpha;
  const T* a;
  std::int64_t lda, stride_a;
  const T* b;
  std::int64_t ldb, stride_b;
  T beta;
  T* c;
  std::int64_t ldc, stride_c;
  std::int64_t batch;
};

/// Every element is one chain of fused multiply-adds in ascending k.
void run_gemm(const Gemm<float>& gemm);
void run_gemm(const Gemm<double>& gemm);

}  // namespace cuda_emulation
