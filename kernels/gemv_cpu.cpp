// SPDX-License-Identifier: MIT
// Each number of the matrix is used once, so that reading it is what takes time. An output is one
// thread's, which sums it in one order: its bits do not depend on the number of threads.
#include "kernels/gemv_cpu.h"

#include <algorithm>

#include "kernels/parallel_cpu.h"

namespace kiln::kernels {
namespace {

// y = matrix x, of `rows` outputs and k terms each.
struct Gemv {
  const float* matrix;
  const float* x;
  std::int64_t rows, k;
  bool k_is_contiguous;  // (rows, k), else (k, rows)
};

Gemv gemv_of(const GemmArgs<float>& args) {
  // A matrix of one row is stored as its transpose is.
  if (args.m == 1) return {args.b, args.a, args.n, args.k, args.transpose_b || args.n == 1};
  return {args.a, args.b, args.m, args.k, !args.transpose_a};
}

// Outputs [row, row + 4), whose sums run side by side: one alone would wait for each addition.
void sum_along(const Gemv& v, std::int64_t row, float* sums) {
  const float* const x = v.x;
  const float *const a = v.matrix + row * v.k, *const b = a + v.k, *const c = b + v.k,
                     *const d = c + v.k;
  float sum_a = 0, sum_b = 0, sum_c = 0, sum_d = 0;
#pragma omp simd reduction(+ : sum_a, sum_b, sum_c, sum_d)
  for (std::int64_t p = 0; p < v.k; ++p) {
    sum_a += a[p] * x[p];
    sum_b += b[p] * x[p];
    sum_c += c[p] * x[p];
    sum_d += d[p] * x[p];
  }
  sums[0] = sum_a, sums[1] = sum_b, sums[2] = sum_c, sums[3] = sum_d;
}

float sum_along(const Gemv& v, std::int64_t row) {
  const float* const a = v.matrix + row * v.k;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t p = 0; p < v.k; ++p) sum += a[p] * v.x[p];
  return sum;
}

// Outputs [begin, end).
void sums_along(const Gemv& v, std::int64_t begin, std::int64_t end, float* sums) {
  std::int64_t row = begin;
  for (; row + 4 <= end; row += 4) sum_along(v, row, sums + row - begin);
  for (; row < end; ++row) sums[row - begin] = sum_along(v, row);
}

void sums_across(const Gemv& v, std::int64_t begin, std::int64_t end, float* sums) {
  const std::int64_t count = end - begin;
  std::fill_n(sums, count, 0.0f);
  for (std::int64_t p = 0; p < v.k; ++p) {
    const float* const a = v.matrix + p * v.rows + begin;
    const float x = v.x[p];
    for (std::int64_t i = 0; i < count; ++i) sums[i] += a[i] * x;
  }
}

// Outputs [begin, end) from their sums. Not part of the loops above, whose copies it would be in.
[[gnu::noinline]] void finish(const GemmArgs<float>& args, std::int64_t begin, std::int64_t end,
                              const float* sums) {
  const std::int64_t bias_stride = args.m == 1 ? 1 : 0;
  with_activation(args.activation, [&](auto op) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float sum = sums[i - begin];
      const float bias = args.bias != nullptr ? args.bias[i * bias_stride] : 0;
      args.c[i] = args.accumulate ? args.c[i] + sum : op.forward(sum + bias);
    }
  });
}

}  // namespace

bool gemv(const GemmArgs<float>& args) {
  if (args.m != 1 && args.n != 1) return false;
  // Outputs by groups, whose sums stay near; so many terms are worth waking a thread.
  constexpr std::int64_t kGroup = 64, kGrain = 1 << 16;
  const Gemv v = gemv_of(args);
  parallel_for(v.rows, kGrain / v.k, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t begin = first; begin < last; begin += kGroup) {
      const std::int64_t end = std::min(begin + kGroup, last);
      float sums[kGroup];
      if (v.k_is_contiguous) {
        sums_along(v, begin, end, sums);
      } else {
        sums_across(v, begin, end, sums);
      }
      finish(args, begin, end, sums);
    }
  });
  return true;
}

}  // namespace kiln::kernels
