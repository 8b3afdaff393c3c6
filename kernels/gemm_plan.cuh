// SPDX-License-Identifier: MIT
// How a matrix product is divided among blocks. Everything here follows from the shape, never from
// the device, so that neither do the bits of the result (docs/decisions/gemm.md).
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/gemm_tile.cuh"
#include "kernels/precision.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class Tile>
std::int64_t gemm_tiles(std::int64_t m, std::int64_t n) {
  return ((m + Tile::kM - 1) / Tile::kM) * ((n + Tile::kN - 1) / Tile::kN);
}

// Large tiles reuse more of what they read, once there is about one for every multiprocessor.
inline bool are_enough_large_tiles(std::int64_t tiles) { return tiles >= 96; }

// Hands out a stream's scratch memory to the products of one launch.
class ScratchShare {
 public:
  explicit ScratchShare(CudaScratch scratch)
      : partials_(scratch.partials),
        tickets_(scratch.tickets),
        partials_left_(partials_ == nullptr ? 0 : std::int64_t{CudaScratch::kPartials}),
        tickets_left_(tickets_ == nullptr ? 0 : std::int64_t{CudaScratch::kTickets}) {}

  // False if there is not enough; then nothing is taken.
  bool take(std::int64_t partials, std::int64_t tickets, GemmWork& work) {
    if (partials > partials_left_ || tickets > tickets_left_) return false;
    work.partials = partials_;
    work.tickets = tickets_;
    partials_ += partials;
    tickets_ += tickets;
    partials_left_ -= partials;
    tickets_left_ -= tickets;
    return true;
  }

 private:
  float* partials_;
  unsigned* tickets_;
  std::int64_t partials_left_;
  std::int64_t tickets_left_;
};

// Divides op(A) op(B) into tiles and, where they are few, into ranges of k. n == 0 asks for the
// row sums of op(A) alone, in one column of tiles.
template <class Tile>
GemmWork plan_gemm(const float* a, const float* b, std::int64_t m, std::int64_t n, std::int64_t k,
                   ScratchShare& scratch) {
  constexpr std::int64_t kTargetBlocks = 128;  // about the multiprocessors of a large GPU
  // A range of k that saves less time than this one takes costs more than it saves: partial sums
  // and a ticket are three trips to the L2 cache.
  constexpr std::int64_t kMinDepth = 160;
  const std::int64_t columns = std::max<std::int64_t>(n, 1);
  const std::int64_t tiles = gemm_tiles<Tile>(m, columns);
  GemmWork work = {};
  work.a = a;
  work.b = b;
  work.m = m;
  work.n = n;
  work.k = k;
  work.tiles_n = gemm_tiles<Tile>(1, columns);
  work.splits = 1;
  work.depth_per_split = k;
  if (tiles == 0) return work;
  const std::int64_t wanted = std::min(kTargetBlocks / tiles, k / kMinDepth);
  if (wanted < 2) return work;
  const std::int64_t slices = (k + Tile::kDepth - 1) / Tile::kDepth;
  const std::int64_t slices_per_split = (slices + wanted - 1) / wanted;
  const std::int64_t splits = (slices + slices_per_split - 1) / slices_per_split;
  if (!scratch.take(tiles * splits * kGemmTileFloats<Tile>, tiles, work)) return work;
  work.splits = static_cast<unsigned>(splits);
  work.depth_per_split = slices_per_split * Tile::kDepth;
  return work;
}

template <class Tile>
unsigned gemm_blocks(const GemmWork& work) {
  const std::int64_t columns = std::max<std::int64_t>(work.n, 1);
  return static_cast<unsigned>(gemm_tiles<Tile>(work.m, columns)) * work.splits;
}

// `asked`, or fp32 where the current device has no tensor cores for it.
Precision available_precision(Precision asked);

// Calls f with the arithmetic of gemm_multiply.cuh that `precision` names.
template <class F>
void with_arithmetic(Precision precision, F f) {
  switch (precision) {
    case Precision::tf32x3:
      return f(Tf32x3{});
    case Precision::tf32:
      return f(Tf32{});
    case Precision::bf16:
      return f(Bf16{});
    case Precision::fp32:
      break;
  }
  f(Fp32{});
}

}  // namespace kiln::kernels
