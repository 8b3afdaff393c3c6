// SPDX-License-Identifier: MIT
// One block's part of a matrix product: the main loop, split-K, and the epilogue.
//
// The block walks along k with kGemmStages slices of each operand in shared memory: while it
// multiplies one, the next ones are on their way. A ring of stages needs one barrier a slice: after
// it the oldest slice is there for all threads, and all have left the stage that is filled next.
//
// Where C has few tiles, several blocks share one: each sums a range of k. All write their sums to
// scratch memory; the last to finish adds them up in ascending k and runs the epilogue. So the
// result depends on the ranges, which follow from the shape alone, and not on the order of blocks.
#pragma once

#include <cstdint>

#include "kernels/gemm_epilogue.cuh"
#include "kernels/gemm_multiply.cuh"
#include "kernels/gemm_slice.cuh"
#include "kernels/last_block.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// C(m,n) = op(A) op(B) as the blocks of a grid see it (gemm_plan.cuh makes it): block number
// tile * splits + split sums depths split * depth_per_split and on of one tile of C.
struct GemmWork {
  const float* a;
  const float* b;
  std::int64_t m;
  std::int64_t n;
  std::int64_t k;
  std::int64_t tiles_n;
  std::int64_t depth_per_split;  // a multiple of the slices' depth
  unsigned splits;
  float* partials;    // tile_floats of the multiply for each block; if splits > 1
  unsigned* tickets;  // one a tile; if splits > 1
};

template <class Multiply>
struct GemmShared {
  struct Stage {
    typename Multiply::SliceA a;
    typename Multiply::SliceB b;
  };
  Stage stages[kGemmStages];
  float row_sums[kGemmThreads];
};

// Sums over k of the rows of op(A) that a tile needs, for a bias gradient.
template <class Multiply>
class RowSums {
 public:
  static constexpr int kRows = Multiply::Tile::kM;

  __device__ void add(const typename Multiply::SliceA& slice) {
    KILN_UNROLL
    for (int depth = 0; depth < Multiply::Tile::kDepth; depth += kGroups) {
      sum_ += *slice.at(row_, depth + group_);
    }
  }

  // Thread i < kRows holds the sum of row i on return.
  __device__ void gather(float* shared) {
    shared[threadIdx.x] = sum_;
    __syncthreads();
    if (threadIdx.x >= kRows) return;
    sum_ = 0;
    KILN_UNROLL
    for (int g = 0; g < kGroups; ++g) sum_ += shared[g * kRows + row_];
  }

  __device__ float& value() { return sum_; }

 private:
  static constexpr int kGroups = kGemmThreads / kRows;
  const int row_ = static_cast<int>(threadIdx.x) % kRows;
  const int group_ = static_cast<int>(threadIdx.x) / kRows;
  float sum_ = 0;
};

// Floats of scratch memory for a block's sums and row sums.
template <class Tile>
inline constexpr int kGemmTileFloats = Tile::kM* Tile::kN + Tile::kM;

// Where pack p of this thread, and its row sum, lie in a block's scratch memory: neighbouring
// threads beside each other.
template <class Multiply>
__device__ __forceinline__ float* partial_pack(float* block_partials, int p) {
  return block_partials + (p * kGemmThreads + threadIdx.x) * Multiply::kWidth;
}
template <class Multiply>
__device__ __forceinline__ float* partial_row_sum(float* block_partials) {
  return block_partials + Multiply::Tile::kM * Multiply::Tile::kN + threadIdx.x;
}

// Adds up the sums of all blocks of this block's tile. False for all but the last of them.
template <class Multiply>
__device__ __forceinline__ bool combine_splits(const GemmWork& work, unsigned tile, unsigned split,
                                               Multiply& multiply, bool has_row_sums,
                                               RowSums<Multiply>& row_sums) {
  constexpr int kWidth = Multiply::kWidth;
  constexpr std::int64_t kFloats = kGemmTileFloats<typename Multiply::Tile>;
  float* const first = work.partials + static_cast<std::int64_t>(tile) * work.splits * kFloats;
  float* const own = first + split * kFloats;
  const bool has_row_sum = has_row_sums && threadIdx.x < RowSums<Multiply>::kRows;
  KILN_UNROLL
  for (int p = 0; p < Multiply::kPacks; ++p) {
    Pack<kWidth> pack;
    KILN_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      pack.at[i] = multiply.sum(p, i);
      multiply.sum(p, i) = 0;
    }
    store_global_pack<kWidth>(partial_pack<Multiply>(own, p), pack);
  }
  if (has_row_sum) {
    *partial_row_sum<Multiply>(own) = row_sums.value();
    row_sums.value() = 0;
  }
  if (!is_last_block(work.tickets + tile, work.splits)) return false;
  for (unsigned s = 0; s < work.splits; ++s) {
    float* const partials = first + s * kFloats;
    KILN_UNROLL
    for (int p = 0; p < Multiply::kPacks; ++p) {
      const auto pack = load_pack<kWidth>(partial_pack<Multiply>(partials, p));
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) multiply.sum(p, i) += pack.at[i];
    }
    if (has_row_sum) row_sums.value() += *partial_row_sum<Multiply>(partials);
  }
  return true;
}

// What brings the slices of a block's operands from depth k_begin on: matrices in memory. A product
// whose operands are found by another rule has its own (conv_operands.cuh).
struct DenseOperands {
  template <class Slice>
  __device__ SliceCopier<Slice> a(const GemmWork& work, std::int64_t m_begin, std::int64_t,
                                  std::int64_t k_begin) const {
    return {work.a, m_begin, work.m, k_begin, work.k};
  }
  template <class Slice>
  __device__ SliceCopier<Slice> b(const GemmWork& work, std::int64_t, std::int64_t n_begin,
                                  std::int64_t k_begin) const {
    return {work.b, n_begin, work.n, k_begin, work.k};
  }
};

// Block number `block` of those that `work` needs.
template <class Multiply, class Epilogue, class Operands = DenseOperands>
__device__ __forceinline__ void gemm_tile(GemmShared<Multiply>& shared, const GemmWork& work,
                                          unsigned block, const Epilogue& epilogue,
                                          const Operands& operands = {}) {
  using Tile = typename Multiply::Tile;
  const unsigned tile = block / work.splits;
  const unsigned split = block % work.splits;
  const std::int64_t m_begin = tile / work.tiles_n * Tile::kM;
  const std::int64_t n_begin = tile % work.tiles_n * Tile::kN;
  const std::int64_t k_begin = split * work.depth_per_split;
  const std::int64_t k_left = work.k - k_begin;
  const std::int64_t depth = k_left < work.depth_per_split ? k_left : work.depth_per_split;
  const std::int64_t slices = (depth + Tile::kDepth - 1) / Tile::kDepth;
  // Blocks that make row sums alone have no columns.
  const bool has_columns = !Epilogue::kRowSums || work.n > 0;
  bool has_row_sums = false;
  if constexpr (Epilogue::kRowSums) has_row_sums = n_begin == 0 && epilogue.wants_row_sums();

  auto a = operands.template a<typename Multiply::SliceA>(work, m_begin, n_begin, k_begin);
  auto b = operands.template b<typename Multiply::SliceB>(work, m_begin, n_begin, k_begin);
  Multiply multiply;
  RowSums<Multiply> row_sums;
  const auto start = [&](auto& stage) {
    a.start(stage.a);
    if (has_columns) b.start(stage.b);
  };
  const auto finish = [&](auto& stage) {
    a.finish(stage.a);
    if (has_columns) b.finish(stage.b);
  };

  constexpr int kAhead = kGemmStages - 1;
  KILN_UNROLL
  for (int s = 0; s < kAhead; ++s) {
    if (s < slices) {
      start(shared.stages[s]);
      finish(shared.stages[s]);
    }
    async_commit();
  }
  int current = 0;
  for (std::int64_t left = slices; left > 0; --left) {
    async_wait<kAhead - 1>();
    __syncthreads();
    auto& next = shared.stages[(current + kAhead) % kGemmStages];
    const bool more = left > kAhead;
    if (more) start(next);
    async_commit();
    if (has_columns) multiply.add(shared.stages[current].a, shared.stages[current].b);
    if (has_row_sums) row_sums.add(shared.stages[current].a);
    if (more) finish(next);
    current = (current + 1) % kGemmStages;
  }

  if (has_row_sums) row_sums.gather(shared.row_sums);
  if (work.splits > 1 && !combine_splits(work, tile, split, multiply, has_row_sums, row_sums)) {
    return;
  }
  if constexpr (Epilogue::kRowSums) {
    const std::int64_t row = m_begin + threadIdx.x;
    if (has_row_sums && threadIdx.x < Tile::kM && row < work.m) {
      epilogue.write_row_sum(row, row_sums.value());
    }
  }
  write_tile(multiply, m_begin, n_begin, work.m, work.n, epilogue);
}

}  // namespace kiln::kernels
