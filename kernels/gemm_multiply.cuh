// SPDX-License-Identifier: MIT
// How a block multiplies two slices (gemm_slice.cuh): by fused multiply-adds, or on tensor cores in
// one of three arithmetics. A multiply keeps the thread's part of the block's tile of C as packs of
// kWidth horizontal neighbours; pack p lies at row(p), col(p) of the tile.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/gemm_slice.cuh"
#include "kernels/tensor_core.cuh"

namespace kiln::kernels {

// A block's tile of C is kM x kN, read in slices of kDepth along k.
template <int kM_, int kN_, int kDepth_>
struct GemmTile {
  static constexpr int kM = kM_;
  static constexpr int kN = kN_;
  static constexpr int kDepth = kDepth_;
};
using LargeTile = GemmTile<64, 64, 16>;
using SmallTile = GemmTile<32, 32, 32>;  // fills more multiprocessors when C is small

// ---- fused multiply-adds

// Which rows (or columns) of a slice are those of thread number `thread` of kThreads, and their
// values at four depths. Packs of up to 4 neighbours where the slice is contiguous along the span,
// else single rows kThreads apart: either way 8 neighbouring threads read 128 bytes of 32 banks.
template <class Slice, int kThreads>
struct ThreadStrip {
  static constexpr int kCount = Slice::kSpan / kThreads;
  static constexpr int kWidth = Slice::kAlongK ? 1 : (kCount < 4 ? kCount : 4);

  static __device__ int place(int thread, int i) {
    return (i / kWidth * kThreads + thread) * kWidth + i % kWidth;
  }

  __device__ ThreadStrip(const Slice& slice, int thread, int depth) {
    if constexpr (Slice::kAlongK) {
      KILN_UNROLL
      for (int i = 0; i < kCount; ++i) {
        const auto pack = load_pack<4>(slice.at(place(thread, i), depth));
        KILN_UNROLL
        for (int d = 0; d < 4; ++d) at[d][i] = pack.at[d];
      }
    } else {
      KILN_UNROLL
      for (int d = 0; d < 4; ++d) {
        KILN_UNROLL
        for (int i = 0; i < kCount; i += kWidth) {
          const auto pack = load_pack<kWidth>(slice.at(place(thread, i), depth + d));
          KILN_UNROLL
          for (int j = 0; j < kWidth; ++j) at[d][i + j] = pack.at[j];
        }
      }
    }
  }

  float at[4][kCount];
};

// Threads form an 8 x 16 grid over the tile. Every element is one chain of fused multiply-adds in
// ascending k.
template <class Tile_, bool kTransposeA, bool kTransposeB>
class FfmaMultiply {
 public:
  using Tile = Tile_;
  using SliceA = GemmSlice<Tile::kM, Tile::kDepth, !kTransposeA>;
  using SliceB = GemmSlice<Tile::kN, Tile::kDepth, kTransposeB>;
  using StripA = ThreadStrip<SliceA, 8>;
  using StripB = ThreadStrip<SliceB, 16>;
  static constexpr int kWidth = StripB::kWidth;
  static constexpr int kPacksInRow = StripB::kCount / kWidth;
  static constexpr int kPacks = StripA::kCount * kPacksInRow;

  __device__ void add(const SliceA& a, const SliceB& b) {
    KILN_UNROLL
    for (int depth = 0; depth < Tile::kDepth; depth += 4) {
      const StripA a_values(a, thread_m_, depth);
      const StripB b_values(b, thread_n_, depth);
      KILN_UNROLL
      for (int d = 0; d < 4; ++d) {
        KILN_UNROLL
        for (int i = 0; i < StripA::kCount; ++i) {
          KILN_UNROLL
          for (int j = 0; j < StripB::kCount; ++j) {
            sums_[i][j] = fmaf(a_values.at[d][i], b_values.at[d][j], sums_[i][j]);
          }
        }
      }
    }
  }

  __device__ int row(int p) const { return StripA::place(thread_m_, p / kPacksInRow); }
  __device__ int col(int p) const { return StripB::place(thread_n_, p % kPacksInRow * kWidth); }
  __device__ float& sum(int p, int i) {
    return sums_[p / kPacksInRow][p % kPacksInRow * kWidth + i];
  }

 private:
  // A warp is 4 x 8 threads of the 8 x 16.
  const int thread_m_ = static_cast<int>(threadIdx.x / 64 * 4 + threadIdx.x % 32 / 8);
  const int thread_n_ = static_cast<int>(threadIdx.x / 32 % 2 * 8 + threadIdx.x % 8);
  float sums_[StripA::kCount][StripB::kCount] = {};
};

// ---- tensor cores

// An arithmetic turns fragments of floats, kSteps of depth 8 each in the layout of m16n8k8 (see
// tensor_core.cuh), into what its instruction takes, and multiplies.
struct Tf32 {
  static constexpr int kSteps = 1;
  struct A {
    std::uint32_t at[4];
    __device__ explicit A(const float (&x)[1][4]) {
      KILN_UNROLL
      for (int i = 0; i < 4; ++i) at[i] = to_tf32(x[0][i]);
    }
  };
  struct B {
    std::uint32_t at[2];
    __device__ explicit B(const float (&x)[1][2]) {
      KILN_UNROLL
      for (int i = 0; i < 2; ++i) at[i] = to_tf32(x[0][i]);
    }
  };
  static __device__ void multiply(float (&sums)[4], const A& a, const B& b) {
    mma_m16n8k8_tf32(sums, a.at, b.at);
  }
};

// The order of k within a product is free as long as A and B agree: lane t, to whom tf32 fragments
// give depths t and t + 4 of each step, uses them as the instruction's depths 2t and 2t + 1.
struct Bf16 {
  static constexpr int kSteps = 2;
  struct A {
    std::uint32_t at[4];
    __device__ explicit A(const float (&x)[2][4]) {
      KILN_UNROLL
      for (int i = 0; i < 4; ++i) at[i] = pack_bf16(x[i / 2][i % 2], x[i / 2][i % 2 + 2]);
    }
  };
  struct B {
    std::uint32_t at[2];
    __device__ explicit B(const float (&x)[2][2]) {
      KILN_UNROLL
      for (int i = 0; i < 2; ++i) at[i] = pack_bf16(x[i][0], x[i][1]);
    }
  };
  static __device__ void multiply(float (&sums)[4], const A& a, const B& b) {
    mma_m16n8k16_bf16(sums, a.at, b.at);
  }
};

// x = big + small, both TF32, up to 2^-22 |x|; the product of two small parts is left out. Tensor
// cores truncate as they add up, so every step's products are added to the sums by rounded fp32
// additions (Ootomo & Yokota, IJHPCA 2022).
struct Tf32x3 {
  static constexpr int kSteps = 1;

  // `cross` is what the other operand's small part is multiplied by: big, or 0 where big is
  // infinite, for inf * 0 and inf - inf would make NaN of an infinite product.
  struct Split {
    std::uint32_t big;
    std::uint32_t cross;
    std::uint32_t small;

    __device__ explicit Split(float x) {
      constexpr std::uint32_t kTf32Bits = 0xffffe000u;
      const float infinity = HUGE_VALF;
      big = to_tf32(x);
      // Finite, but rounded beyond the largest float: truncate instead.
      if (fabsf(as_float(big)) == infinity) big = as_bits(x) & kTf32Bits;
      const bool infinite = fabsf(x) == infinity;
      cross = infinite ? 0u : big;
      small = infinite ? 0u : to_tf32(x - as_float(big));
    }
  };
  struct A {
    std::uint32_t big[4], cross[4], small[4];
    __device__ explicit A(const float (&x)[1][4]) { split<4>(x[0], big, cross, small); }
  };
  struct B {
    std::uint32_t big[2], cross[2], small[2];
    __device__ explicit B(const float (&x)[1][2]) { split<2>(x[0], big, cross, small); }
  };

  static __device__ void multiply(float (&sums)[4], const A& a, const B& b) {
    float step[4] = {};
    mma_m16n8k8_tf32(step, a.big, b.big);
    mma_m16n8k8_tf32(step, a.cross, b.small);
    mma_m16n8k8_tf32(step, a.small, b.cross);
    KILN_UNROLL
    for (int i = 0; i < 4; ++i) sums[i] += step[i];
  }

 private:
  static __device__ std::uint32_t as_bits(float x) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof(bits));
    return bits;
  }
  static __device__ float as_float(std::uint32_t bits) {
    float x;
    std::memcpy(&x, &bits, sizeof(x));
    return x;
  }

  template <int kCount>
  static __device__ void split(const float (&x)[kCount], std::uint32_t (&big)[kCount],
                               std::uint32_t (&cross)[kCount], std::uint32_t (&small)[kCount]) {
    KILN_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const Split parts(x[i]);
      big[i] = parts.big;
      cross[i] = parts.cross;
      small[i] = parts.small;
    }
  }
};

// The block's 4 warps form a 2 x 2 grid over the tile; a warp's part is made of 16 x 8 fragments.
template <class Tile_, bool kTransposeA, bool kTransposeB, class Arithmetic>
class TensorCoreMultiply {
 public:
  using Tile = Tile_;
  using SliceA = GemmSlice<Tile::kM, Tile::kDepth, !kTransposeA>;
  using SliceB = GemmSlice<Tile::kN, Tile::kDepth, kTransposeB>;
  static constexpr int kRows = Tile::kM / 2 / 16;  // of fragments
  static constexpr int kCols = Tile::kN / 2 / 8;
  static constexpr int kWidth = 2;
  static constexpr int kPacks = kRows * kCols * 2;

  __device__ void add(const SliceA& a, const SliceB& b) {
    using A = typename Arithmetic::A;
    using B = typename Arithmetic::B;
    constexpr int kSteps = Arithmetic::kSteps;
    KILN_UNROLL
    for (int depth = 0; depth < Tile::kDepth; depth += 8 * kSteps) {
      float a_values[kRows][kSteps][4], b_values[kCols][kSteps][2];
      KILN_UNROLL
      for (int s = 0; s < kSteps; ++s) {
        KILN_UNROLL
        for (int i = 0; i < kRows; ++i) {
          load_a(a, warp_m_ + 16 * i, depth + 8 * s, a_values[i][s]);
        }
        KILN_UNROLL
        for (int j = 0; j < kCols; j += 2) {
          load_two_b(b, warp_n_ + 8 * j, depth + 8 * s, b_values[j][s], b_values[j + 1][s]);
        }
      }
      KILN_UNROLL
      for (int i = 0; i < kRows; ++i) {
        const A a_fragment(a_values[i]);
        KILN_UNROLL
        for (int j = 0; j < kCols; ++j) {
          Arithmetic::multiply(sums_[i][j], a_fragment, B(b_values[j]));
        }
      }
    }
  }

  __device__ int row(int p) const { return warp_m_ + p / 2 / kCols * 16 + p % 2 * 8 + group_; }
  __device__ int col(int p) const { return warp_n_ + p / 2 % kCols * 8 + 2 * member_; }
  __device__ float& sum(int p, int i) { return sums_[p / 2 / kCols][p / 2 % kCols][p % 2 * 2 + i]; }

 private:
  __device__ void load_a(const SliceA& slice, int row, int depth, float (&values)[4]) const {
    if constexpr (SliceA::kAlongK) {
      load_matrices(slice.at(row + lane_ % 16, depth + lane_ / 16 * 4), values);
    } else {
      KILN_UNROLL
      for (int i = 0; i < 4; ++i) {
        values[i] = *slice.at(row + group_ + i % 2 * 8, depth + member_ + i / 2 * 4);
      }
    }
  }

  // The fragments at columns col and col + 8.
  __device__ void load_two_b(const SliceB& slice, int col, int depth, float (&first)[2],
                             float (&second)[2]) const {
    if constexpr (SliceB::kAlongK) {
      float values[4];
      load_matrices(slice.at(col + lane_ / 16 * 8 + lane_ % 8, depth + lane_ / 8 % 2 * 4), values);
      KILN_UNROLL
      for (int i = 0; i < 2; ++i) {
        first[i] = values[i];
        second[i] = values[i + 2];
      }
    } else {
      KILN_UNROLL
      for (int i = 0; i < 2; ++i) {
        first[i] = *slice.at(col + group_, depth + member_ + 4 * i);
        second[i] = *slice.at(col + 8 + group_, depth + member_ + 4 * i);
      }
    }
  }

  // Four matrices of 8 rows of 4 floats; `row` is the one that this lane addresses.
  static __device__ void load_matrices(const float* row, float (&values)[4]) {
    std::uint32_t bits[4];
    ldmatrix_x4(bits, row);
    std::memcpy(values, bits, sizeof(values));
  }

  const int lane_ = static_cast<int>(threadIdx.x % 32);
  const int group_ = lane_ / 4;
  const int member_ = lane_ % 4;
  const int warp_m_ = static_cast<int>(threadIdx.x / 64) * (Tile::kM / 2);
  const int warp_n_ = static_cast<int>(threadIdx.x / 32 % 2) * (Tile::kN / 2);
  float sums_[kRows][kCols][4] = {};
};

// ---- which multiply an arithmetic uses

struct Fp32 {};

// Blocks on a multiprocessor, for __launch_bounds__: 3 leave a thread 168 registers. tf32x3 needs a
// few more for the parts of its operands.
template <class Arithmetic>
inline constexpr int kGemmBlocks = std::is_same_v<Arithmetic, Tf32x3> ? 2 : 3;

// False for tensor cores in code for devices without: the host never runs it, so it is left empty.
template <class Arithmetic>
inline constexpr bool kIsForThisDevice = kAsyncSlices || std::is_same_v<Arithmetic, Fp32>;

template <class Tile, bool kTransposeA, bool kTransposeB, class Arithmetic>
struct GemmMultiplyOf {
  using Type = TensorCoreMultiply<Tile, kTransposeA, kTransposeB, Arithmetic>;
};
template <class Tile, bool kTransposeA, bool kTransposeB>
struct GemmMultiplyOf<Tile, kTransposeA, kTransposeB, Fp32> {
  using Type = FfmaMultiply<Tile, kTransposeA, kTransposeB>;
};
template <class Tile, bool kTransposeA, bool kTransposeB, class Arithmetic>
using GemmMultiply = typename GemmMultiplyOf<Tile, kTransposeA, kTransposeB, Arithmetic>::Type;

}  // namespace kiln::kernels
