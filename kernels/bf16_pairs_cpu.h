// SPDX-License-Identifier: MIT
// Floats rounded to bf16 in pairs of two neighbours along k, which is how x86 CPUs multiply them.
// Functions name the instructions that they need, so that this file compiles for any x86-64 and
// they are called where the CPU has them.
#pragma once

#include <immintrin.h>

#include <cstdint>

#define KILN_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define KILN_AVX512_BF16_INLINE KILN_AVX512_BF16 __attribute__((always_inline)) inline

// GCC 12 warns of what its own intrinsics leave undefined on purpose (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace kiln::kernels::bf16 {

inline constexpr std::int64_t kLanes = 16;

// The first n of 16 lanes; none where n < 0.
inline __mmask16 first_lanes(std::int64_t n) {
  if (n >= kLanes) return 0xffff;
  return static_cast<__mmask16>(n <= 0 ? 0 : (1u << n) - 1);
}

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

KILN_AVX512_BF16_INLINE void transpose_16x16(__m512i (&rows)[kLanes]) {
  __m512i t[kLanes];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int odd = 0; odd < 2; ++odd) {
      rows[i + 2 * odd] = _mm512_unpacklo_epi64(t[i + odd], t[i + odd + 2]);
      rows[i + 2 * odd + 1] = _mm512_unpackhi_epi64(t[i + odd], t[i + odd + 2]);
    }
  }
  // Row i of four now holds, in each quarter of a register, column i of that quarter.
  for (int half = 0; half < 16; half += 8) {
    for (int i = half; i < half + 4; ++i) {
      t[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
      t[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
    }
  }
  for (int i = 0; i < 8; ++i) {
    rows[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
  }
}

}  // namespace kiln::kernels::bf16

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
