// SPDX-License-Identifier: MIT
// op(A), the batch, is packed whole, once. Each strip of op(B), most often a layer's weight, is
// packed once by the thread that multiplies it, and meets all strips of op(A). Tiles of 32 x 32 are
// numbered down the strips of op(B); each thread takes a run of numbers, which may begin within a
// strip.
//
// In the forward product the weight lies along k, as the multiplier wants rows of its first operand
// and not columns of its second. So C^T = op(B)^T op(A)^T is computed then, and what is transposed
// is the batch and C, not the weight.
#include "kernels/gemm_amx_cpu.h"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "kernels/gemm_amx_tile.h"
#include "kernels/gemm_bf16_cpu.h"
#include "kernels/gemm_result_cpu.h"
#include "kernels/parallel_cpu.h"
#include "kernels/scratch_cpu.h"

namespace kiln::kernels {
namespace {

using amx::kStripLines;
using amx::Lines;

// What is packed of op(A) at a time fills half of a second-level cache of 2 MiB, at most.
constexpr std::int64_t kAmxBlockStrips = 16;
constexpr std::int64_t kAmxBlockK = 1024;
// Below so many operations a thread more is not worth waking.
constexpr std::int64_t kAmxOperationsPerThread = 1 << 22;

bool system_lets_use_tiles() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  constexpr unsigned kTileAndBf16 = 1u << 24 | 1u << 22;
  if ((edx & kTileAndBf16) != kTileAndBf16) return false;
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

std::int64_t strips_of(std::int64_t lines) { return divide_up(lines, kStripLines); }

// The strip of A times that of B, of so many lines each.
void multiply_strips(const std::uint32_t* a, std::int64_t rows, const std::uint32_t* b,
                     std::int64_t columns, std::int64_t steps, float* sums) {
  const bool below = rows > amx::kLanes, right = columns > amx::kLanes;
  if (below && right) return amx::multiply_strips<true, true>(a, b, steps, sums);
  if (below) return amx::multiply_strips<true, false>(a, b, steps, sums);
  if (right) return amx::multiply_strips<false, true>(a, b, steps, sums);
  amx::multiply_strips<false, false>(a, b, steps, sums);
}

// Packs lines [line, line + 32) for the multiplier's first operand or for its second.
void pack(const Lines& lines, std::int64_t line, bool for_second, std::uint32_t* strip) {
  lines.across ? amx::pack_strip<true>(lines, line, strip)
               : amx::pack_strip<false>(lines, line, strip);
  if (lines.across == for_second) return;
  for (std::int64_t tile = 0; tile < 2 * lines.steps(); ++tile) {
    amx::transpose(strip + tile * amx::kTileSize);
  }
}

KILN_AVX512_BF16 void write(const float* sums, std::int64_t rows, const TileResult& tile) {
  for (std::int64_t i = 0; i < rows; ++i) {
    float* const c = tile.c + i * tile.stride;
    const float* const plus = tile.accumulate ? c : tile.bias;
    for (std::int64_t j = 0; j < tile.columns; j += amx::kLanes) {
      const __mmask16 lanes = bf16::first_lanes(tile.columns - j);
      __m512 sum = _mm512_load_ps(sums + i * kStripLines + j);
      if (plus != nullptr) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes, plus + j));
      _mm512_mask_storeu_ps(c + j, lanes, sum);
    }
  }
}

// Of C: all columns of rows [row, row + a.count), summed over k [first, first + a.k).
struct AmxBlock {
  Lines a, b;
  std::int64_t row, first;
};

void multiply_block(const GemmArgs<float>& args, const AmxBlock& block) {
  const Lines &a = block.a, &b = block.b;
  const std::int64_t steps = a.steps(), size = steps * amx::kStepSize;
  const std::int64_t a_strips = strips_of(a.count), tiles = a_strips * strips_of(b.count);
  const std::int64_t team = 2 * a.count * b.count * a.k / kAmxOperationsPerThread;
  const bool transposed = !b.across;

  thread_local Scratch scratch;
  std::uint32_t* const packed = scratch.of_size(a_strips * size);
  parallel_parts(std::min(team, a_strips), [&](std::int64_t part, std::int64_t parts) {
    for (std::int64_t i = a_strips * part / parts; i < a_strips * (part + 1) / parts; ++i) {
      pack(a, i * kStripLines, transposed, packed + i * size);
    }
  });

  parallel_parts(std::min(team, tiles), [&](std::int64_t part, std::int64_t parts) {
    thread_local Scratch strip_scratch;
    std::uint32_t* const strip = strip_scratch.of_size(size);
    alignas(64) float sums[kStripLines * kStripLines] = {};
    amx::configure_tiles();
    std::int64_t in_strip = -1;
    for (std::int64_t tile = tiles * part / parts; tile < tiles * (part + 1) / parts; ++tile) {
      const std::int64_t i = tile % a_strips, column = tile / a_strips * kStripLines;
      const std::int64_t rows = std::min(a.count - i * kStripLines, kStripLines);
      const std::int64_t columns = std::min(b.count - column, kStripLines);
      if (column != in_strip) pack(b, column, !transposed, strip);
      in_strip = column;
      if (transposed) {
        multiply_strips(strip, columns, packed + i * size, rows, steps, sums);
        amx::transpose_sums(sums);
      } else {
        multiply_strips(packed + i * size, rows, strip, columns, steps, sums);
      }
      const TileResult result = {args.c + (block.row + i * kStripLines) * args.n + column, args.n,
                                 columns, args.bias == nullptr ? nullptr : args.bias + column,
                                 args.accumulate || block.first > 0};
      write(sums, rows, result);
      if (block.first + a.k == args.k) apply_activation(args.activation, result, rows);
    }
    amx::release_tiles();
  });
}

}  // namespace

bool cpu_has_amx() {
  static const bool has = cpu_multiplies_bf16() && system_lets_use_tiles();
  return has;
}

bool gemm_amx(const GemmArgs<float>& args) {
  const bool fills_tiles = args.m >= amx::kLanes && args.n >= amx::kLanes && args.k >= amx::kLanes;
  if (!fills_tiles || !cpu_has_amx()) return false;
  const Lines a = {args.a, args.transpose_a ? args.m : args.k, args.transpose_a, args.m, args.k};
  const Lines b = {args.b, args.transpose_b ? args.k : args.n, !args.transpose_b, args.n, args.k};
  const std::int64_t strips = strips_of(args.m);
  const std::int64_t blocks = divide_up(strips, kAmxBlockStrips);
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::int64_t row = strips * i / blocks * kStripLines;
    const std::int64_t rows = std::min(args.m, strips * (i + 1) / blocks * kStripLines) - row;
    for (std::int64_t first = 0; first < args.k; first += kAmxBlockK) {
      const std::int64_t k = std::min(args.k - first, kAmxBlockK);
      multiply_block(args, {a.part(row, rows, first, k), b.part(0, b.count, first, k), row, first});
    }
  }
  return true;
}

}  // namespace kiln::kernels

#else

namespace kiln::kernels {

bool cpu_has_amx() { return false; }
bool gemm_amx(const GemmArgs<float>&) { return false; }

}  // namespace kiln::kernels

#endif
