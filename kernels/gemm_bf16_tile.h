// SPDX-License-Identifier: MIT
// The inner loops of gemm_bf16_cpu.cpp. A pair is two neighbours along k as bf16, in 32 bits: what
// the CPU multiplies and adds at once. A tile is rows x 32 sums, held in registers over all of k. A
// panel is 32 columns of op(B) packed for it, pair by pair: panel[pair][32].
//
// Functions name the instructions that they need, so this file compiles for any x86-64 and its
// functions are called where the CPU has them.
#pragma once

#include <immintrin.h>

#include <cstdint>

#define KILN_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define KILN_AVX512_BF16_INLINE KILN_AVX512_BF16 __attribute__((always_inline)) inline

// GCC 12 warns of what its own intrinsics leave undefined on purpose (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace kiln::kernels::bf16 {

inline constexpr std::int64_t kLanes = 16;
inline constexpr std::int64_t kPanelColumns = 2 * kLanes;
// 28 registers of sums, two of the panel's and one of op(A)'s, of the 32 that there are.
inline constexpr std::int64_t kTileRows = 14;

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

KILN_AVX512_BF16_INLINE __m512i rounded(const float* numbers, __mmask16 lanes) {
  const __m256bh halves = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, numbers));
  return _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(halves));
}

// 16 rows' pairs of two k, each of which is an array of the rows; `high` is null where k ends
// between them. 0 from the n-th row on.
KILN_AVX512_BF16_INLINE __m512i pairs_across(const float* low, const float* high, std::int64_t n) {
  const __mmask16 lanes = first_lanes(n);
  if (high == nullptr) return rounded(low, lanes);
  return _mm512_or_si512(rounded(low, lanes), _mm512_slli_epi32(rounded(high, lanes), 16));
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

// Packs `columns` (at most 32) columns of a (k, n) matrix, whose rows lie `stride` apart.
KILN_AVX512_BF16 inline void pack_rows(const float* b, std::int64_t stride, std::int64_t k,
                                       std::int64_t columns, std::uint32_t* panel) {
  for (std::int64_t p = 0; p < k; p += 2, b += 2 * stride, panel += kPanelColumns) {
    for (std::int64_t half = 0; half < kPanelColumns; half += kLanes) {
      const float* const high = p + 1 < k ? b + stride + half : nullptr;
      _mm512_store_si512(panel + half, pairs_across(b + half, high, columns - half));
    }
  }
}

// Packs `columns` (at most 32) columns that are rows of an (n, k) matrix, `stride` apart. Writes
// whole sixteens of pairs.
KILN_AVX512_BF16 inline void pack_columns(const float* b, std::int64_t stride, std::int64_t k,
                                          std::int64_t columns, std::uint32_t* panel) {
  for (std::int64_t p = 0; p < k; p += 2 * kLanes, panel += kLanes * kPanelColumns) {
    for (std::int64_t half = 0; half < kPanelColumns; half += kLanes) {
      __m512i square[kLanes];
      for (std::int64_t i = 0; i < kLanes; ++i) {
        const float* const row = b + (half + i) * stride + p;
        square[i] = half + i < columns ? pairs_along(row, k - p) : _mm512_setzero_si512();
      }
      transpose_16x16(square);
      for (std::int64_t i = 0; i < kLanes; ++i) {
        _mm512_store_si512(panel + i * kPanelColumns + half, square[i]);
      }
    }
  }
}

// op(A)'s pair of a row: a[row * row_stride + pair * pair_stride].
struct TileOperand {
  const std::uint32_t* a;
  std::int64_t row_stride;
  std::int64_t pair_stride;
};

// Where a tile's sums go: c += sums, or c = sums + bias where there is one.
struct TileResult {
  float* c;
  std::int64_t stride;
  std::int64_t columns;
  const float* bias;
  bool accumulate;
};

template <int kRows>
KILN_AVX512_BF16 void multiply_tile(const TileOperand& operand, const std::uint32_t* panel,
                                    std::int64_t pairs, const TileResult& result) {
  __m512 left[kRows], right[kRows];
#pragma GCC unroll 14
  for (int i = 0; i < kRows; ++i) left[i] = right[i] = _mm512_setzero_ps();
  for (const std::uint32_t* a = operand.a; pairs > 0; --pairs, a += operand.pair_stride) {
    const auto b_left = reinterpret_cast<__m512bh>(_mm512_load_si512(panel));
    const auto b_right = reinterpret_cast<__m512bh>(_mm512_load_si512(panel + kLanes));
    panel += kPanelColumns;
#pragma GCC unroll 14
    for (int i = 0; i < kRows; ++i) {
      const __m512i pair = _mm512_set1_epi32(static_cast<int>(a[i * operand.row_stride]));
      left[i] = _mm512_dpbf16_ps(left[i], reinterpret_cast<__m512bh>(pair), b_left);
      right[i] = _mm512_dpbf16_ps(right[i], reinterpret_cast<__m512bh>(pair), b_right);
    }
  }
  const __mmask16 lanes_left = first_lanes(result.columns);
  const __mmask16 lanes_right = first_lanes(result.columns - kLanes);
#pragma GCC unroll 14
  for (int i = 0; i < kRows; ++i) {
    float* const c = result.c + i * result.stride;
    const float* const plus = result.accumulate ? c : result.bias;
    if (plus != nullptr) {
      left[i] = _mm512_add_ps(left[i], _mm512_maskz_loadu_ps(lanes_left, plus));
      right[i] = _mm512_add_ps(right[i], _mm512_maskz_loadu_ps(lanes_right, plus + kLanes));
    }
    _mm512_mask_storeu_ps(c, lanes_left, left[i]);
    _mm512_mask_storeu_ps(c + kLanes, lanes_right, right[i]);
  }
}

}  // namespace kiln::kernels::bf16

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
