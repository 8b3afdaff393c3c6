// SPDX-License-Identifier: MIT
// Products of a linear layer with weight W (out, in), in blocks:
//
// op(B) stored (k,n): dx = dz W, dW = dz^T x. Lanes are columns of op(B), 32 at a time. The first
// tile of a panel reads them where they lie and leaves a packed copy for the tiles below it.
//
// op(B) stored (n,k): y = x W^T. Rows are those of W, which are read where they lie, lanes those of
// the batch, which is packed. Tiles are of C^T; each is turned around as it is written.
//
// A sum is one thread's and in the order of k.
#include "kernels/gemm_avx512_cpu.h"

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/gemm_avx512_tile.h"
#include "kernels/parallel_cpu.h"
#include "kernels/scratch_cpu.h"

namespace kiln::kernels {
namespace avx512 {
namespace {

// What meets every tile of the other operand stays in half of a second-level cache of 1 MiB.
constexpr std::int64_t kBlockSize = 1 << 17;
constexpr std::int64_t kBlockK = 1024;
// Groups of rows are of equal size: the least that they come to.
constexpr std::int64_t kLeastTileRows = kTileRows / 2;
constexpr std::int64_t kLeastRows = kLeastTileRows + 1;
// Below so many operations a thread more is not worth waking.
constexpr std::int64_t kOperationsPerThread = 1 << 20;
// How far ahead of its use a row of op(B) is fetched.
constexpr std::int64_t kRowsAhead = 8;

struct Range {
  std::int64_t begin, end;
  std::int64_t size() const { return end - begin; }
  // The i-th of `count` parts, which differ by one at most.
  Range part(std::int64_t i, std::int64_t count) const {
    return {begin + size() * i / count, begin + size() * (i + 1) / count};
  }
};

using Tile = void (*)(const TileRows&, const TileLanes&, std::int64_t, Ahead, const TileResult&);

template <int kVectors, bool kPack, std::size_t... kIndex>
constexpr auto tiles_from_least(std::index_sequence<kIndex...>) {
  return std::array<Tile, sizeof...(kIndex)>{
      &multiply_tile<kLeastTileRows + kIndex, kVectors, kPack>...};
}

template <bool kPack>
Tile tile_of(std::int64_t rows, std::int64_t lanes) {
  using Index = std::make_index_sequence<kTileRows - kLeastTileRows + 1>;
  static constexpr auto kNarrow = tiles_from_least<1, kPack>(Index());
  static constexpr auto kWide = tiles_from_least<2, kPack>(Index());
  return (lanes > kLanes ? kWide : kNarrow)[static_cast<std::size_t>(rows - kLeastTileRows)];
}

std::int64_t threads_worth(std::int64_t m, std::int64_t n, std::int64_t k) {
  return 2 * m * n * k / kOperationsPerThread;
}

TileResult result_at(const GemmArgs<float>& args, std::int64_t row, std::int64_t column,
                     std::int64_t columns, Range k) {
  return {args.c + row * args.n + column, args.n, columns,
          args.bias == nullptr ? nullptr : args.bias + column, args.accumulate || k.begin > 0};
}

// Rows [rows) of C, summed over k; op(B) stored (k,n).
void multiply_by_columns(const GemmArgs<float>& args, Range rows, Range k) {
  const std::int64_t row_stride = args.transpose_a ? 1 : args.k;
  const std::int64_t k_stride = args.transpose_a ? args.m : 1;
  const float* const a = args.a + k.begin * k_stride;
  const float* const b = args.b + k.begin * args.n;
  const std::int64_t groups = divide_up(rows.size(), kTileRows);
  const std::int64_t units = divide_up(args.n, kLanes);
  const std::int64_t team = threads_worth(rows.size(), args.n, k.size());
  parallel_parts(std::min(team, units), [&](std::int64_t part, std::int64_t parts) {
    thread_local Scratch scratch;
    auto* const packed = reinterpret_cast<float*>(scratch.of_size(k.size() * kPanelLanes));
    const Range own = Range{0, units}.part(part, parts);
    const std::int64_t end = std::min(own.end * kLanes, args.n);
    for (std::int64_t column = own.begin * kLanes; column < end; column += kPanelLanes) {
      const std::int64_t columns = std::min(end - column, kPanelLanes);
      for (std::int64_t group = 0; group < groups; ++group) {
        const Range tile = rows.part(group, groups);
        const TileResult result = result_at(args, tile.begin, column, columns, k);
        for (std::int64_t i = 0; i < tile.size(); ++i) {
          __builtin_prefetch(result.c + i * args.n, 1);
          __builtin_prefetch(result.c + i * args.n + columns - 1, 1);
        }
        const TileRows tile_rows = {a + tile.begin * row_stride, row_stride, k_stride};
        if (group == 0) {
          tile_of<true>(tile.size(), columns)(tile_rows, {b + column, args.n, packed}, k.size(),
                                              {b + column + kRowsAhead * args.n, args.n}, result);
        } else {
          tile_of<false>(tile.size(), columns)(tile_rows, {packed, kPanelLanes, nullptr}, k.size(),
                                               {packed, 0}, result);
        }
        if (k.end == args.k) apply_activation(args.activation, result, tile.size());
      }
    }
  });
}

// op(A) of rows [batch), summed over k: panel by panel, each panel[k][32].
void pack_batch(const GemmArgs<float>& args, Range batch, Range k, std::int64_t team,
                float* packed) {
  const std::int64_t strips = divide_up(k.size(), kLanes);
  const std::int64_t count = divide_up(batch.size(), kPanelLanes) * strips;
  parallel_parts(std::min(team, count), [&](std::int64_t part, std::int64_t parts) {
    const Range own = Range{0, count}.part(part, parts);
    for (std::int64_t i = own.begin; i < own.end; ++i) {
      const std::int64_t panel = i / strips, lane = batch.begin + panel * kPanelLanes;
      const std::int64_t lanes = batch.end - lane, first = i % strips * kLanes;
      const std::int64_t last = std::min(first + kLanes, k.size());
      float* const to = packed + panel * k.size() * kPanelLanes;
      if (args.transpose_a) {
        pack_lanes_across(args.a + k.begin * args.m + lane, args.m, lanes, first, last, to);
      } else {
        pack_lanes_along(args.a + lane * args.k + k.begin, args.k, lanes, first, last, to);
      }
    }
  });
}

// Rows [batch) of C, summed over k; op(B) stored (n,k).
void multiply_by_rows(const GemmArgs<float>& args, Range batch, Range k) {
  const std::int64_t panels = divide_up(batch.size(), kPanelLanes);
  const std::int64_t panel_size = k.size() * kPanelLanes;
  const std::int64_t team = threads_worth(batch.size(), args.n, k.size());
  thread_local Scratch scratch;
  auto* const packed = reinterpret_cast<float*>(scratch.of_size(panels * panel_size));
  pack_batch(args, batch, k, team, packed);
  const float* const b = args.b + k.begin;
  parallel_parts(std::min(team, args.n / kTileRows), [&](std::int64_t part, std::int64_t parts) {
    alignas(64) float sums[kTileRows * kPanelLanes];
    const Range own = Range{0, args.n}.part(part, parts);
    const std::int64_t groups = divide_up(own.size(), kTileRows);
    for (std::int64_t group = 0; group < groups; ++group) {
      const Range tile = own.part(group, groups);
      const TileRows rows = {b + tile.begin * args.k, args.k, 1};
      for (std::int64_t panel = 0; panel < panels; ++panel) {
        const std::int64_t lane = batch.begin + panel * kPanelLanes;
        const std::int64_t lanes = std::min(batch.end - lane, kPanelLanes);
        // The next group's rows, while this one's are here.
        const Ahead next = {b + tile.end * args.k, panel == 0 ? tile.size() : 0};
        tile_of<false>(tile.size(), lanes)(
            rows, {packed + panel * panel_size, kPanelLanes, nullptr}, k.size(), next,
            {sums, kPanelLanes, kPanelLanes, nullptr, false});
        write_transposed(sums, lanes, result_at(args, lane, tile.begin, tile.size(), k));
      }
    }
    if (k.end == args.k) {
      apply_activation(args.activation, result_at(args, batch.begin, own.begin, own.size(), k),
                       batch.size());
    }
  });
}

// All of C; false, with nothing done, where it is too small.
bool multiply(const GemmArgs<float>& args) {
  const std::int64_t rows = args.transpose_b ? args.n : args.m;
  const std::int64_t lanes = args.transpose_b ? args.m : args.n;
  if (rows < kLeastRows || lanes < kLanes || args.k < kLanes) return false;
  const std::int64_t block_k = std::min(args.k, kBlockK);
  const std::int64_t blocks = divide_up(args.m, kBlockSize / block_k);
  for (std::int64_t i = 0; i < blocks; ++i) {
    const Range block = Range{0, args.m}.part(i, blocks);
    for (std::int64_t first = 0; first < args.k; first += kBlockK) {
      const Range k = {first, std::min(first + kBlockK, args.k)};
      (args.transpose_b ? multiply_by_rows : multiply_by_columns)(args, block, k);
    }
  }
  return true;
}

}  // namespace
}  // namespace avx512

bool cpu_has_avx512() {
  static const bool has_instructions = __builtin_cpu_supports("avx512f");
  return has_instructions;
}

bool gemm_avx512_is_faster(const GemmArgs<float>& args) {
  static const bool is_amd = __builtin_cpu_is("amd"), is_intel = __builtin_cpu_is("intel");
  const std::int64_t batch = args.transpose_a ? args.k : args.m;
  if (is_amd) return batch <= 256;
  // Writing a weight gradient of many rows panel by panel is what it does worse.
  constexpr std::int64_t kLargeGradient = 300000;
  return is_intel && batch <= 128 && !(args.transpose_a && args.m * args.n > kLargeGradient);
}

bool gemm_avx512(const GemmArgs<float>& args) { return cpu_has_avx512() && avx512::multiply(args); }

}  // namespace kiln::kernels

#else

namespace kiln::kernels {

bool cpu_has_avx512() { return false; }
bool gemm_avx512_is_faster(const GemmArgs<float>&) { return false; }
bool gemm_avx512(const GemmArgs<float>&) { return false; }

}  // namespace kiln::kernels

#endif
