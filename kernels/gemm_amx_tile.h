// SPDX-License-Identifier: MIT
// The inner loops of gemm_amx_cpu.cpp. The CPU multiplies a tile of 16 rows x 16 pairs by one of 16
// pairs x 16 columns and adds to 16 x 16 sums, held in tile registers over all of k. A strip is 32
// lines, rows of op(A) or columns of op(B), packed for that: for each step, which is 32 of k, the
// tile of its first 16 lines and that of its last.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "kernels/bf16_pairs_cpu.h"

#define KILN_AMX __attribute__((target("amx-tile,amx-bf16")))

// GCC 12 warns of what its own intrinsics leave undefined on purpose (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace kiln::kernels::amx {

using bf16::kLanes;

inline constexpr std::int64_t kStripLines = 2 * kLanes;
inline constexpr std::int64_t kStepK = 2 * kLanes;
inline constexpr std::int64_t kTileSize = kLanes * kLanes;  // in pairs
inline constexpr std::int64_t kStepSize = 2 * kTileSize;

// Lines of op(A) or op(B). `across`: neighbours in memory are of neighbouring lines, and those
// along k are `stride` apart; else the other way around.
struct Lines {
  const float* data;
  std::int64_t stride;
  bool across;
  std::int64_t count;
  std::int64_t k;

  std::int64_t steps() const { return (k + kStepK - 1) / kStepK; }
  // k [first, first + size) of lines [line, line + lines).
  Lines part(std::int64_t line, std::int64_t lines, std::int64_t first, std::int64_t size) const {
    return {data + (across ? first * stride + line : line * stride + first), stride, across, lines,
            size};
  }
};

// Packs lines [line, line + 32) as they lie, with zeros where they end: for the second operand of
// the multiplier if across, else for the first.
template <bool kAcross>
KILN_AVX512_BF16 void pack_strip(const Lines& lines, std::int64_t line, std::uint32_t* out) {
  for (std::int64_t k = 0; k < lines.k; k += kStepK, out += kStepSize) {
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kLanes; ++i) {
      for (std::int64_t half = 0; half < 2; ++half) {
        const std::int64_t first = line + half * kLanes;
        __m512i pairs = _mm512_setzero_si512();
        if constexpr (kAcross) {
          const float* const low = lines.data + (k + 2 * i) * lines.stride + first;
          const float* const high = k + 2 * i + 1 < lines.k ? low + lines.stride : nullptr;
          if (k + 2 * i < lines.k) pairs = bf16::pairs_across(low, high, lines.count - first);
        } else if (first + i < lines.count) {
          pairs = bf16::pairs_along(lines.data + (first + i) * lines.stride + k, lines.k - k);
        }
        _mm512_store_si512(out + half * kTileSize + i * kLanes, pairs);
      }
    }
  }
}

// Makes of a tile for one operand that for the other.
KILN_AVX512_BF16 inline void transpose(std::uint32_t* tile) {
  __m512i square[kLanes];
  for (std::int64_t i = 0; i < kLanes; ++i) square[i] = _mm512_load_si512(tile + i * kLanes);
  bf16::transpose_16x16(square);
  for (std::int64_t i = 0; i < kLanes; ++i) _mm512_store_si512(tile + i * kLanes, square[i]);
}

// Eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
KILN_AMX inline void configure_tiles() {
  static constexpr TileConfig kConfig;
  _tile_loadconfig(&kConfig);
}
KILN_AMX inline void release_tiles() { _tile_release(); }

// sums[32][32] = the strip of A times that of B; without kBelow its first 16 rows, without kRight
// its first 16 columns.
template <bool kBelow, bool kRight>
KILN_AMX void multiply_strips(const std::uint32_t* a, const std::uint32_t* b, std::int64_t steps,
                              float* sums) {
  // The intrinsics do not tell GCC 12 that they read memory.
  asm volatile("" ::: "memory");
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (; steps > 0; --steps, a += kStepSize, b += kStepSize) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b, 64);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kRight) _tile_loadd(7, b + kTileSize, 64);
    if constexpr (kRight) _tile_dpbf16ps(1, 4, 7);
    if constexpr (kBelow) _tile_loadd(5, a + kTileSize, 64);
    if constexpr (kBelow) _tile_dpbf16ps(2, 5, 6);
    if constexpr (kBelow && kRight) _tile_dpbf16ps(3, 5, 7);
  }
  float* const below = sums + kLanes * kStripLines;
  _tile_stored(0, sums, 4 * kStripLines);
  if constexpr (kRight) _tile_stored(1, sums + kLanes, 4 * kStripLines);
  if constexpr (kBelow) _tile_stored(2, below, 4 * kStripLines);
  if constexpr (kBelow && kRight) _tile_stored(3, below + kLanes, 4 * kStripLines);
}

// Of a quarter of sums[32][32].
KILN_AVX512_BF16_INLINE void load_transposed(const float* quarter, __m512i (&square)[kLanes]) {
  for (std::int64_t i = 0; i < kLanes; ++i) {
    square[i] = _mm512_load_si512(quarter + i * kStripLines);
  }
  bf16::transpose_16x16(square);
}
KILN_AVX512_BF16_INLINE void store(const __m512i (&square)[kLanes], float* quarter) {
  for (std::int64_t i = 0; i < kLanes; ++i) {
    _mm512_store_si512(quarter + i * kStripLines, square[i]);
  }
}

KILN_AVX512_BF16 inline void transpose_sums(float* sums) {
  float *const right = sums + kLanes, *const below = sums + kLanes * kStripLines;
  __m512i square[kLanes], other[kLanes];
  for (float* const quarter : {sums, below + kLanes}) {
    load_transposed(quarter, square);
    store(square, quarter);
  }
  load_transposed(right, square);
  load_transposed(below, other);
  store(square, below);
  store(other, right);
}

}  // namespace kiln::kernels::amx

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
