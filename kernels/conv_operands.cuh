// SPDX-License-Identifier: MIT
// The products of conv.h as matrix products (implicit GEMM): which element of an array is row or
// column i, depth k of an operand, and where an element of the result lies. Nothing is copied to
// make the matrices; the slices in shared memory (gemm_slice.cuh) are gathered from the images.
//
//                   rows   columns                            depth
//   forward         o      position (n, oh, ow)               tap (c, kh, kw)
//   input gradient  c      phase, (n, row, col)               (o, u, v)
//   weight gradient o      tap (c, kh, kw)                    position (n, oh, ow)
//
// A pixel ih of the input meets only the kernel rows kh = (ih + padding) mod stride + u stride, in
// output rows oh = (ih + padding) / stride - u. Pixels with the same remainders, a phase, share
// their kernel elements, so that the input gradient multiplies no zeros that a stride would make:
// ih = phase + row stride.
#pragma once

#include <cstdint>
#include <utility>

#include "kernels/conv_rules.cuh"
#include "kernels/gemm_tile.cuh"

namespace kiln::kernels {

// ---- from a rule to slices

// SliceCopier's counterpart: each element is looked up by `Rule`, and is 0 where it finds none.
template <class Slice, class Rule>
class GatherCopier {
 public:
  __device__ GatherCopier(const Rule& rule, std::int64_t begin, std::int64_t extent,
                          std::int64_t k_begin, std::int64_t k)
      : rule_(rule),
        first_(slice_place<Slice, 1>(0, threadIdx.x)),
        span_left_(static_cast<int>(extent - begin < kSpan ? extent - begin : kSpan) - first_.span),
        depth_(static_cast<std::uint32_t>(k_begin) + static_cast<unsigned>(first_.depth)),
        k_(static_cast<std::uint32_t>(k)) {
    KILN_UNROLL
    for (int p = 0; p < kSpans; ++p) {
      const int step = slice_place<Slice, 1>(p, 0).span;
      spans_[p] = rule_.span(static_cast<std::uint32_t>(begin + first_.span + step));
    }
  }

  __device__ void start(Slice& slice) {
    KILN_UNROLL
    for (int p = 0; p < kFloats; ++p) {
      const SlicePlace step = slice_place<Slice, 1>(p, 0);
      const std::uint32_t depth = depth_ + static_cast<unsigned>(step.depth);
      const float* source = nullptr;
      if (step.span < span_left_ && depth < k_) {
        source = rule_.find(spans_[p % kSpans], rule_.depth(depth));
      }
      if constexpr (kAsyncSlices) {
        async_copy<4>(slice.at(first_.span + step.span, first_.depth + step.depth),
                      source == nullptr ? rule_.base : source, source != nullptr);
      } else {
        passing_[p] = source == nullptr ? 0.0f : *source;
      }
    }
    depth_ += Slice::kDepth;
  }

  __device__ void finish(Slice& slice) const {
    if constexpr (!kAsyncSlices) {
      KILN_UNROLL
      for (int p = 0; p < kFloats; ++p) {
        const SlicePlace step = slice_place<Slice, 1>(p, 0);
        *slice.at(first_.span + step.span, first_.depth + step.depth) = passing_[p];
      }
    }
  }

 private:
  static constexpr int kSpan = Slice::kSpan;
  static constexpr int kFloats = kSpan * Slice::kDepth / kGemmThreads;
  // Along the span all of a thread's elements lie in one row or column.
  static constexpr int kSpans = Slice::kAlongK ? kFloats : 1;
  using Span = decltype(std::declval<const Rule&>().span(0u));

  const Rule rule_;
  const SlicePlace first_;
  const int span_left_;
  std::uint32_t depth_;
  const std::uint32_t k_;
  Span spans_[kSpans];
  float passing_[kAsyncSlices ? 1 : kFloats];
};

// ---- operands of the three products, for gemm_tile()

struct ConvForwardOperands {
  PatchRule<false> patches;

  template <class Slice>
  __device__ SliceCopier<Slice> a(const GemmWork& work, std::int64_t m_begin, std::int64_t,
                                  std::int64_t k_begin) const {
    return {work.a, m_begin, work.m, k_begin, work.k};
  }
  template <class Slice>
  __device__ GatherCopier<Slice, PatchRule<false>> b(const GemmWork& work, std::int64_t,
                                                     std::int64_t n_begin,
                                                     std::int64_t k_begin) const {
    return {patches, n_begin, work.n, k_begin, work.k};
  }
};

struct ConvInputGradientOperands {
  ConvPhases phases;
  int in_channels;
  std::int64_t image_size;
  int out_height, out_width;

  template <class Slice>
  __device__ GatherCopier<Slice, PhaseWeightRule> a(const GemmWork& work, std::int64_t m_begin,
                                                    std::int64_t n_begin,
                                                    std::int64_t k_begin) const {
    const PhaseTaps taps(phases, static_cast<std::uint32_t>(n_begin));
    return {{work.a, phases, taps, in_channels}, m_begin, work.m, k_begin, work.k};
  }
  template <class Slice>
  __device__ GatherCopier<Slice, PhaseOutputRule> b(const GemmWork& work, std::int64_t,
                                                    std::int64_t n_begin,
                                                    std::int64_t k_begin) const {
    const PhaseTaps taps(phases, static_cast<std::uint32_t>(n_begin));
    return {{work.b, phases, taps, image_size, out_height, out_width, phases.by_stride},
            n_begin,
            work.n,
            k_begin,
            work.k};
  }
};

struct ConvWeightGradientOperands {
  OutputRule outputs;
  PatchRule<true> patches;

  template <class Slice>
  __device__ GatherCopier<Slice, OutputRule> a(const GemmWork& work, std::int64_t m_begin,
                                               std::int64_t, std::int64_t k_begin) const {
    return {outputs, m_begin, work.m, k_begin, work.k};
  }
  template <class Slice>
  __device__ GatherCopier<Slice, PatchRule<true>> b(const GemmWork& work, std::int64_t,
                                                    std::int64_t n_begin,
                                                    std::int64_t k_begin) const {
    return {patches, n_begin, work.n, k_begin, work.k};
  }
};

}  // namespace kiln::kernels
