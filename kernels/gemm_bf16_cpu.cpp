// SPDX-License-Identifier: MIT
// op(A) is rounded and paired once. Each panel of op(B) is packed once and meets all of its rows,
// tile by tile. Tiles are numbered down the panels; each thread takes a run of numbers, which may
// begin within a panel. oneDNN 2.6 takes 1.1 to 1.3 times as long, most of it for its reorders.
#include "kernels/gemm_bf16_cpu.h"

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/gemm_bf16_tile.h"
#include "kernels/gemm_result_cpu.h"
#include "kernels/parallel_cpu.h"
#include "kernels/scratch_cpu.h"

namespace kiln::kernels {
namespace {

using namespace bf16;

// What is packed at a time, at most. A panel of so many k fills an eighth of a usual second-level
// cache.
constexpr std::int64_t kBlockRows = 1024;
constexpr std::int64_t kBlockK = 2048;
// Products with less of op(A) would use a packed panel too rarely.
constexpr std::int64_t kLeastRows = 8;
// Blocks are of equal size, and so are the tiles of one: this is the least that they come to.
constexpr std::int64_t kLeastTileRows = kTileRows / 2;
static_assert(kLeastRows >= kLeastTileRows);
// Below so many operations a thread more is not worth waking.
constexpr std::int64_t kOperationsPerThread = 1 << 20;

// A block of the product: rows [row, row + rows) of C, summed over k [first, first + k).
struct Block {
  std::int64_t row, rows, first, k;
  std::int64_t pairs() const { return divide_up(k, 2); }
};

// Rows [begin, end) of a (rows, k) matrix.
KILN_AVX512_BF16 void pair_rows(const float* a, std::int64_t stride, const Block& block,
                                std::int64_t begin, std::int64_t end, std::uint32_t* out) {
  const std::int64_t pairs = block.pairs();
  for (std::int64_t row = begin; row < end; ++row) {
    for (std::int64_t pair = 0; pair < pairs; pair += kLanes) {
      _mm512_mask_storeu_epi32(out + row * pairs + pair, first_lanes(pairs - pair),
                               pairs_along(a + row * stride + 2 * pair, block.k - 2 * pair));
    }
  }
}

// Pairs [begin, end) of a (k, rows) matrix.
KILN_AVX512_BF16 void pair_columns(const float* a, std::int64_t stride, const Block& block,
                                   std::int64_t begin, std::int64_t end, std::uint32_t* out) {
  for (std::int64_t pair = begin; pair < end; ++pair) {
    const float* const low = a + 2 * pair * stride;
    for (std::int64_t row = 0; row < block.rows; row += kLanes) {
      const float* const high = 2 * pair + 1 < block.k ? low + stride + row : nullptr;
      _mm512_mask_storeu_epi32(out + pair * block.rows + row, first_lanes(block.rows - row),
                               pairs_across(low + row, high, block.rows - row));
    }
  }
}

TileOperand pair_operand(const GemmArgs<float>& args, const Block& block) {
  thread_local Scratch scratch;
  const std::int64_t pairs = block.pairs();
  std::uint32_t* const out = scratch.of_size(block.rows * pairs);
  if (args.transpose_a) {
    const float* const a = args.a + block.first * args.m + block.row;
    parallel_for(pairs, kParallelGrain / block.rows, [=](std::int64_t begin, std::int64_t end) {
      pair_columns(a, args.m, block, begin, end, out);
    });
    return {out, 1, block.rows};
  }
  const float* const a = args.a + block.row * args.k + block.first;
  parallel_for(block.rows, kParallelGrain / pairs, [=](std::int64_t begin, std::int64_t end) {
    pair_rows(a, args.k, block, begin, end, out);
  });
  return {out, pairs, 1};
}

void pack_panel(const GemmArgs<float>& args, const Block& block, std::int64_t column,
                std::int64_t columns, std::uint32_t* panel) {
  if (args.transpose_b) {
    pack_columns(args.b + column * args.k + block.first, args.k, block.k, columns, panel);
  } else {
    pack_rows(args.b + block.first * args.n + column, args.n, block.k, columns, panel);
  }
}

template <std::size_t... kIndex>
constexpr auto tiles_from_least(std::index_sequence<kIndex...>) {
  return std::array{&multiply_tile<kLeastTileRows + kIndex>...};
}

void multiply_block(const GemmArgs<float>& args, const Block& block) {
  static constexpr auto kTiles =
      tiles_from_least(std::make_index_sequence<kTileRows - kLeastTileRows + 1>());
  const TileOperand a = pair_operand(args, block);
  const std::int64_t groups = divide_up(block.rows, kTileRows);
  const std::int64_t tiles = groups * divide_up(args.n, kPanelColumns);
  const std::int64_t team = 2 * block.rows * args.n * block.k / kOperationsPerThread;
  parallel_parts(std::min(team, tiles), [&](std::int64_t part, std::int64_t parts) {
    thread_local Scratch scratch;
    std::uint32_t* const panel =
        scratch.of_size(divide_up(block.pairs(), kLanes) * kLanes * kPanelColumns);
    std::int64_t packed = -1;
    for (std::int64_t tile = tiles * part / parts; tile < tiles * (part + 1) / parts; ++tile) {
      const std::int64_t group = tile % groups, column = tile / groups * kPanelColumns;
      const std::int64_t columns = std::min(args.n - column, kPanelColumns);
      if (column != packed) pack_panel(args, block, column, columns, panel);
      packed = column;
      // Groups differ by one row at most: a small last one would leave the multiplier waiting.
      const std::int64_t first = block.rows * group / groups;
      const std::int64_t rows = block.rows * (group + 1) / groups - first;
      const TileResult result = {args.c + (block.row + first) * args.n + column, args.n, columns,
                                 args.bias == nullptr ? nullptr : args.bias + column,
                                 args.accumulate || block.first > 0};
      kTiles[static_cast<std::size_t>(rows - kLeastTileRows)](
          {a.a + first * a.row_stride, a.row_stride, a.pair_stride}, panel, block.pairs(), result);
      if (block.first + block.k == args.k) apply_activation(args.activation, result, rows);
    }
  });
}

}  // namespace

bool cpu_multiplies_bf16() {
  static const bool has_instructions = __builtin_cpu_supports("avx512bw") &&
                                       __builtin_cpu_supports("avx512vl") &&
                                       __builtin_cpu_supports("avx512bf16");
  return has_instructions;
}

bool cpu_multiplies_bf16_fast() { return cpu_multiplies_bf16() && __builtin_cpu_is("amd"); }

bool gemm_bf16(const GemmArgs<float>& args) {
  const bool fills_tiles = args.m >= kLeastRows && args.n >= kLanes && args.k >= kLanes;
  if (!fills_tiles || !cpu_multiplies_bf16()) return false;
  const std::int64_t blocks = divide_up(args.m, kBlockRows);
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::int64_t row = args.m * i / blocks, rows = args.m * (i + 1) / blocks - row;
    for (std::int64_t first = 0; first < args.k; first += kBlockK) {
      multiply_block(args, {row, rows, first, std::min(args.k - first, kBlockK)});
    }
  }
  return true;
}

}  // namespace kiln::kernels

#else

namespace kiln::kernels {

bool cpu_multiplies_bf16() { return false; }
bool cpu_multiplies_bf16_fast() { return false; }
bool gemm_bf16(const GemmArgs<float>&) { return false; }

}  // namespace kiln::kernels

#endif
