// SPDX-License-Identifier: MIT
// The sixteen 32-bit lanes of an AVX-512 register. Functions name the instructions that they need,
// so that this file compiles for any x86-64 and they are called where the CPU has them.
#pragma once

#include <immintrin.h>

#include <cstdint>

#define KILN_AVX512 __attribute__((target("avx512f")))
#define KILN_AVX512_INLINE KILN_AVX512 __attribute__((always_inline)) inline

// GCC 12 warns of what its own intrinsics leave undefined on purpose (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace kiln::kernels::avx512 {

inline constexpr std::int64_t kLanes = 16;

// The first n of 16 lanes; none where n < 0.
inline __mmask16 first_lanes(std::int64_t n) {
  if (n >= kLanes) return 0xffff;
  return static_cast<__mmask16>(n <= 0 ? 0 : (1u << n) - 1);
}

KILN_AVX512_INLINE void transpose_16x16(__m512i (&rows)[kLanes]) {
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

}  // namespace kiln::kernels::avx512

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
