// SPDX-License-Identifier: MIT
// A matrix product one column of C at a time: the chains of a column advance side by side, so they
// vectorise without changing the order of any of them.
#include "gemm.h"

#include <cmath>
#include <vector>

namespace cuda_emulation {
namespace {

// sum[i] = fma(a[i], b, sum[i])
template <class T>
void advance_portable(T* sum, const T* a, T b, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) sum[i] = std::fma(a[i], b, sum[i]);
}

#if defined(__x86_64__)
// GCC contracts and vectorises this into fused multiply-adds where the target has them.
template <class T>
__attribute__((target("avx2,fma"), optimize("O3"))) void advance_fma(T* sum, const T* a, T b,
                                                                     std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (sizeof(T) == sizeof(float)) {
      sum[i] = __builtin_fmaf(a[i], b, sum[i]);
    } else {
      sum[i] = __builtin_fma(a[i], b, sum[i]);
    }
  }
}
#endif

template <class T>
void advance(T* sum, const T* a, T b, std::int64_t n) {
#if defined(__x86_64__)
  static const bool has_fma = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
  if (has_fma) return advance_fma(sum, a, b, n);
#endif
  advance_portable(sum, a, b, n);
}

template <class T>
void run(const Gemm<T>& g) {
  const bool reads_product = g.alpha != T(0);
  std::vector<T> packed, sum(static_cast<std::size_t>(g.m));
  for (std::int64_t batch = 0; batch < g.batch; ++batch) {
    const T* a = g.a + batch * g.stride_a;
    const T* b = g.b + batch * g.stride_b;
    T* c = g.c + batch * g.stride_c;
    if (g.transpose_a && reads_product) {
      packed.resize(static_cast<std::size_t>(g.m * g.k));
      for (std::int64_t i = 0; i < g.m; ++i) {
        for (std::int64_t p = 0; p < g.k; ++p) packed[p * g.m + i] = a[i * g.lda + p];
      }
    }
    const T* columns = g.transpose_a ? packed.data() : a;
    const std::int64_t pitch = g.transpose_a ? g.m : g.lda;
    for (std::int64_t j = 0; j < g.n; ++j) {
      sum.assign(sum.size(), T(0));
      for (std::int64_t p = 0; reads_product && p < g.k; ++p) {
        advance(sum.data(), columns + p * pitch,
                g.transpose_b ? b[p * g.ldb + j] : b[j * g.ldb + p], g.m);
      }
      T* out = c + j * g.ldc;
      for (std::int64_t i = 0; i < g.m; ++i) {
        const T product = g.alpha * sum[i];
        out[i] = g.beta == T(0) ? product : std::fma(g.beta, out[i], product);
      }
    }
  }
}

}  // namespace

void run_gemm(const Gemm<float>& gemm) { run(gemm); }
void run_gemm(const Gemm<double>& gemm) { run(gemm); }

}  // namespace cuda_emulation
