// SPDX-License-Identifier: MIT
// The inner loops of gemm_bf16_cpu.cpp. A pair is two neighbours along k as bf16, in 32 bits: what
// the CPU multiplies and adds at once. A tile is rows x 32 sums, held in registers over all of k. A
// panel is 32 columns of op(B) packed for it, pair by pair: panel[pair][32].
#pragma once

#include <cstdint>

#include "kernels/bf16_pairs_cpu.h"
#include "kernels/gemm_result_cpu.h"

// GCC 12 warns of what its own intrinsics leave undefined on purpose (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace kiln::kernels::bf16 {

inline constexpr std::int64_t kPanelColumns = 2 * kLanes;
// 28 registers of sums, two of the panel's and one of op(A)'s, of the 32 that there are.
inline constexpr std::int64_t kTileRows = 14;

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
