// SPDX-License-Identifier: MIT
// Floats rounded to bf16 in pairs of two neighbours along k, which is how x86 CPUs multiply them.
// Functions name the instructions that they need, so that this file compiles for any x86-64 and
// they are called where the CPU has them.
#pragma once

#include <cstdint>

#include "kernels/avx512_lanes.h"

#define KILN_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define KILN_AVX512_BF16_INLINE KILN_AVX512_BF16 __attribute__((always_inline)) inline

// GCC 12 warns of what its own intrinsics leave undefined on purpose (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace kiln::kernels::bf16 {

using avx512::first_lanes;
using avx512::kLanes;
using avx512::transpose_16x16;

// 16 pairs of one row, whose k are neighbours in memory; 0 from the n-th number on.
KILN_AVX512_BF16_INLINE __m512i pairs_along(const float* row, std::int64_t n) {
  const __m512 low = _mm512_maskz_loadu_ps(first_lanes(n), row);
  const __m512 high = _mm512_maskz_loadu_ps(first_lanes(n - kLanes), row + kLanes);
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

// 16 rows' pairs of two k, each of which is an array of the rows; `high` is null where k ends
// between them. 0 from the n-th row on.
KILN_AVX512_BF16_INLINE __m512i pairs_across(const float* low, const float* high, std::int64_t n) {
  const __mmask16 lanes = first_lanes(n);
  const __m512 first = _mm512_maskz_loadu_ps(lanes, low);
  const __m512 second = high != nullptr ? _mm512_maskz_loadu_ps(lanes, high) : _mm512_setzero_ps();
  const auto halves = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
  const __m512i in_turns =
      _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,  //
                       23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(in_turns, halves);
}

}  // namespace kiln::kernels::bf16

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
