// SPDX-License-Identifier: MIT
// The inner loops of gemm_avx512_cpu.cpp. A tile is up to 14 x 32 sums, held in registers over all
// of k: 14 rows of the one operand, whose numbers are met one at a time, and 32 lanes of the other.
#pragma once

#include <cstdint>

#include "kernels/avx512_lanes.h"
#include "kernels/gemm_result_cpu.h"

namespace kiln::kernels::avx512 {

inline constexpr std::int64_t kPanelLanes = 2 * kLanes;
// 28 registers of sums, two of the panel's and one of the rows', of the 32 that there are.
inline constexpr std::int64_t kTileRows = 14;

// Row i's k-th number is from[i * row_stride + k * k_stride].
struct TileRows {
  const float* from;
  std::int64_t row_stride;
  std::int64_t k_stride;
};

// Lane j's k-th number is from[k * stride + j].
struct TileLanes {
  const float* from;
  std::int64_t stride;
  float* packed;  // of stride 32: where a tile that packs leaves a copy
};

// Memory that is wanted soon: `from`, and `stride` numbers on for each k.
struct Ahead {
  const float* from;
  std::int64_t stride;
};

// Lanes that are not packed yet may be unaligned, and end with the result's columns.
template <int kRows, int kVectors, bool kPack>
KILN_AVX512 void multiply_tile(const TileRows& rows, const TileLanes& lanes, std::int64_t k,
                               Ahead ahead, const TileResult& result) {
  const __mmask16 mask[] = {first_lanes(result.columns), first_lanes(result.columns - kLanes)};
  __m512 sums[kVectors][kRows];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
#pragma GCC unroll 14
    for (int i = 0; i < kRows; ++i) sums[v][i] = _mm512_setzero_ps();
  }
  const float *row = rows.from, *lane = lanes.from;
  float* packed = lanes.packed;
  for (; k > 0; --k, row += rows.k_stride, lane += lanes.stride, ahead.from += ahead.stride) {
    __m512 b[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      if constexpr (kPack) {
        b[v] = _mm512_maskz_loadu_ps(mask[v], lane + v * kLanes);
        _mm512_store_ps(packed + v * kLanes, b[v]);
        _mm_prefetch(ahead.from + v * kLanes, _MM_HINT_T0);
      } else {
        b[v] = _mm512_load_ps(lane + v * kLanes);
        if (v == 0) _mm_prefetch(ahead.from, _MM_HINT_T0);
      }
    }
    if constexpr (kPack) packed += kPanelLanes;
#pragma GCC unroll 14
    for (int i = 0; i < kRows; ++i) {
      const __m512 a = _mm512_set1_ps(row[i * rows.row_stride]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[v][i] = _mm512_fmadd_ps(a, b[v], sums[v][i]);
    }
  }
#pragma GCC unroll 14
  for (int i = 0; i < kRows; ++i) {
    float* const c = result.c + i * result.stride;
    const float* const plus = result.accumulate ? c : result.bias;
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      if (plus != nullptr) {
        sums[v][i] = _mm512_add_ps(sums[v][i], _mm512_maskz_loadu_ps(mask[v], plus + v * kLanes));
      }
      _mm512_mask_storeu_ps(c + v * kLanes, mask[v], sums[v][i]);
    }
  }
}

// A tile of sums, of stride 32, as `lanes` rows of a result with a column for each of its rows.
KILN_AVX512 inline void write_transposed(const float* sums, std::int64_t lanes,
                                         const TileResult& result) {
  const __mmask16 mask = first_lanes(result.columns);
  for (std::int64_t first = 0; first < lanes; first += kLanes) {
    __m512i square[kLanes];
    for (std::int64_t i = 0; i < kLanes; ++i) {
      square[i] = i < kTileRows ? _mm512_load_si512(sums + i * kPanelLanes + first)
                                : _mm512_setzero_si512();
    }
    transpose_16x16(square);
    for (std::int64_t i = 0; i < kLanes && first + i < lanes; ++i) {
      float* const c = result.c + (first + i) * result.stride;
      const float* const plus = result.accumulate ? c : result.bias;
      __m512 sum = _mm512_castsi512_ps(square[i]);
      if (plus != nullptr) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, plus));
      _mm512_mask_storeu_ps(c, mask, sum);
    }
  }
}

// Packs k's [begin, end), 16 at most, of the `count` lanes that are rows of a matrix, `stride`
// apart; zeros behind the last.
KILN_AVX512 inline void pack_lanes_along(const float* from, std::int64_t stride, std::int64_t count,
                                         std::int64_t begin, std::int64_t end, float* packed) {
  const __mmask16 mask = first_lanes(end - begin);
  for (std::int64_t first = 0; first < kPanelLanes; first += kLanes) {
    __m512i square[kLanes];
    for (std::int64_t i = 0; i < kLanes; ++i) {
      square[i] = first + i < count
                      ? _mm512_maskz_loadu_epi32(mask, from + (first + i) * stride + begin)
                      : _mm512_setzero_si512();
    }
    transpose_16x16(square);
    for (std::int64_t i = begin; i < end; ++i) {
      _mm512_store_si512(packed + i * kPanelLanes + first, square[i - begin]);
    }
  }
}

// The same of lanes that are columns.
KILN_AVX512 inline void pack_lanes_across(const float* from, std::int64_t stride,
                                          std::int64_t count, std::int64_t begin, std::int64_t end,
                                          float* packed) {
  for (std::int64_t i = begin; i < end; ++i) {
    for (std::int64_t first = 0; first < kPanelLanes; first += kLanes) {
      _mm512_store_ps(packed + i * kPanelLanes + first,
                      _mm512_maskz_loadu_ps(first_lanes(count - first), from + i * stride + first));
    }
  }
}

}  // namespace kiln::kernels::avx512
