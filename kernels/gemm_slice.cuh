// SPDX-License-Identifier: MIT
// Slices of a matrix product's operands in shared memory, and how they get there.
//
// A slice is kSpan rows of op(A) (or columns of op(B)) by kDepth of k. It lies as it does in global
// memory, contiguous along k or along the span, so that asynchronous copies can fill it. The
// padding keeps 32 banks busy: rows along k begin 4 floats (mod 8) apart, so that 8 neighbouring
// rows give 16 bytes each without conflict (ldmatrix, 16-byte loads); rows along the span begin 8
// floats (mod 32) apart, so that 4 depths by 8 neighbours do (fragments of 4-byte loads).
#pragma once

#include <cstdint>

#include "kernels/async_copy.cuh"
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

inline constexpr int kGemmThreads = 128;

// Below sm_80 there are no asynchronous copies: slices pass through registers, two buffers deep.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
inline constexpr bool kAsyncSlices = false;
inline constexpr int kGemmStages = 2;
#else
inline constexpr bool kAsyncSlices = true;
inline constexpr int kGemmStages = 4;
#endif

template <int kSpan_, int kDepth_, bool kAlongK_>
struct alignas(16) GemmSlice {
  static constexpr int kSpan = kSpan_;
  static constexpr int kDepth = kDepth_;
  static constexpr bool kAlongK = kAlongK_;

  float rows[kAlongK ? kSpan : kDepth][kAlongK ? kDepth + 4 : kSpan + 8];

  __device__ float* at(int span, int depth) {
    return kAlongK ? &rows[span][depth] : &rows[depth][span];
  }
  __device__ const float* at(int span, int depth) const {
    return kAlongK ? &rows[span][depth] : &rows[depth][span];
  }
};

// Where pack number p of a thread lies in a slice, which 128 threads fill: place(p, thread) is
// place(0, thread) + place(p, 0), and the latter is a constant. Along k, rows r and r + 4 follow
// each other: in a slice of depth 16 they lie 16 banks apart, so that 8 lanes write 32 banks.
struct SlicePlace {
  int span;
  int depth;
};
template <class Slice, int kWidth>
__device__ constexpr SlicePlace slice_place(int p, unsigned thread) {
  constexpr int kPacksInRow = (Slice::kAlongK ? Slice::kDepth : Slice::kSpan) / kWidth;
  const int pack = p * kGemmThreads + static_cast<int>(thread);
  const int along = pack % kPacksInRow * kWidth;
  const int row = pack / kPacksInRow;
  if constexpr (!Slice::kAlongK) return {along, row};
  return {row / 8 * 8 + row % 2 * 4 + row % 8 / 2, along};
}

// Brings the slices of one operand, one after the other, from global to shared memory; what lies
// outside the matrix is 0. A slice has arrived after start(), finish(), and, where copies are
// asynchronous, the wait for its group.
template <class Slice>
class SliceCopier {
 public:
  // The slices begin at `begin` of the operand's `extent` rows or columns, and at depth `k_begin`
  // of `k`.
  __device__ SliceCopier(const float* operand, std::int64_t begin, std::int64_t extent,
                         std::int64_t k_begin, std::int64_t k)
      : operand_(operand),
        stride_(kAlongK ? k : extent),
        wide_(stride_ % 4 == 0 && is_aligned_for<4>(operand)),
        first_(wide_ ? slice_place<Slice, 4>(0, threadIdx.x)
                     : slice_place<Slice, 1>(0, threadIdx.x)),
        span_left_(static_cast<int>(extent - begin < kSpan ? extent - begin : kSpan) - first_.span),
        depth_left_(k - k_begin),
        next_(kAlongK ? (begin + first_.span) * k + k_begin + first_.depth
                      : (k_begin + first_.depth) * extent + begin + first_.span) {}

  // Begins to bring the next slice.
  __device__ void start(Slice& slice) {
    const int depth = static_cast<int>(depth_left_ < kDepth ? depth_left_ : kDepth) - first_.depth;
    if (wide_) {
      start_packs<4>(slice, depth);
    } else {
      start_packs<1>(slice, depth);
    }
    next_ += kAlongK ? kDepth : kDepth * stride_;
    depth_left_ -= kDepth;
  }

  // Ends what start(slice) began, where copies are not asynchronous.
  __device__ void finish(Slice& slice) const {
    if constexpr (!kAsyncSlices) {
      if (wide_) {
        finish_packs<4>(slice);
      } else {
        finish_packs<1>(slice);
      }
    }
  }

 private:
  static constexpr int kSpan = Slice::kSpan;
  static constexpr int kDepth = Slice::kDepth;
  static constexpr bool kAlongK = Slice::kAlongK;
  static constexpr int kFloats = kSpan * kDepth / kGemmThreads;

  template <int kWidth>
  static __device__ float* target(Slice& slice, SlicePlace first, int p) {
    const SlicePlace step = slice_place<Slice, kWidth>(p, 0);
    return slice.at(first.span + step.span, first.depth + step.depth);
  }

  template <int kWidth>
  __device__ void start_packs(Slice& slice, int depth_left) {
    KILN_UNROLL
    for (int p = 0; p < kFloats / kWidth; ++p) {
      const SlicePlace step = slice_place<Slice, kWidth>(p, 0);
      const bool inside = step.span < span_left_ && step.depth < depth_left;
      const std::int64_t at =
          next_ + (kAlongK ? step.span * stride_ + step.depth : step.depth * stride_ + step.span);
      if constexpr (kAsyncSlices) {
        async_copy<4 * kWidth>(target<kWidth>(slice, first_, p), operand_ + (inside ? at : 0),
                               inside);
      } else {
        const Pack<kWidth> pack = inside ? load_pack<kWidth>(operand_ + at) : Pack<kWidth>{};
        KILN_UNROLL
        for (int i = 0; i < kWidth; ++i) passing_[p * kWidth + i] = pack.at[i];
      }
    }
  }

  template <int kWidth>
  __device__ void finish_packs(Slice& slice) const {
    KILN_UNROLL
    for (int p = 0; p < kFloats / kWidth; ++p) {
      Pack<kWidth> pack;
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) pack.at[i] = passing_[p * kWidth + i];
      store_pack<kWidth>(target<kWidth>(slice, first_, p), pack);
    }
  }

  const float* const operand_;
  const std::int64_t stride_;
  const bool wide_;  // packs of 4 are aligned, and lie inside the matrix as a whole or not at all
  const SlicePlace first_;
  const int span_left_;
  std::int64_t depth_left_;
  std::int64_t next_;
  float passing_[kAsyncSlices ? 1 : kFloats];
};

}  // namespace kiln::kernels
