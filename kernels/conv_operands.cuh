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

#include "kernels/conv.h"
#include "kernels/fast_divisor.h"
#include "kernels/gemm_tile.cuh"

namespace kiln::kernels {

// A pair of coordinates with the part of the address that belongs to it.
struct ConvPlace {
  std::int64_t offset;
  int row;
  int col;
};

// Whether (row, col) lies in an image of height x width.
__device__ __forceinline__ bool is_in_image(int row, int col, int height, int width) {
  return static_cast<unsigned>(row) < static_cast<unsigned>(height) &&
         static_cast<unsigned>(col) < static_cast<unsigned>(width);
}

// ---- rules: an operand's element from its span index (row or column) and its depth

// x at an output position and a kernel tap. The span is the position, or the tap if kSpanIsTap.
template <bool kSpanIsTap>
struct PatchRule {
  const float* base;
  int height, width, stride, padding;
  std::int64_t image_size;  // of all channels
  int plane_size;
  FastDivisor out_width, out_height, kernel_width, kernel_height;

  PatchRule(const float* x, const ConvShape& s)
      : base(x),
        height(static_cast<int>(s.in_height)),
        width(static_cast<int>(s.in_width)),
        stride(static_cast<int>(s.stride)),
        padding(static_cast<int>(s.padding)),
        image_size(s.in_channels * s.in_pixels()),
        plane_size(static_cast<int>(s.in_pixels())),
        out_width(s.out_width()),
        out_height(s.out_height()),
        kernel_width(s.kernel_width),
        kernel_height(s.kernel_height) {}

  __device__ ConvPlace position(std::uint32_t i) const {
    const int col = static_cast<int>(out_width.split(i)) * stride - padding;
    const int row = static_cast<int>(out_height.split(i)) * stride - padding;
    return {i * image_size + std::int64_t{row} * width + col, row, col};
  }
  __device__ ConvPlace tap(std::uint32_t i) const {
    const int col = static_cast<int>(kernel_width.split(i));
    const int row = static_cast<int>(kernel_height.split(i));
    return {std::int64_t{i} * plane_size + std::int64_t{row} * width + col, row, col};
  }
  __device__ ConvPlace span(std::uint32_t i) const { return kSpanIsTap ? tap(i) : position(i); }
  __device__ ConvPlace depth(std::uint32_t k) const { return kSpanIsTap ? position(k) : tap(k); }
  __device__ const float* find(const ConvPlace& a, const ConvPlace& b) const {
    const bool inside = is_in_image(a.row + b.row, a.col + b.col, height, width);
    return inside ? base + (a.offset + b.offset) : nullptr;
  }
};

// dy of a channel (span) at a position (depth).
struct OutputRule {
  const float* base;
  std::int64_t image_size;
  int plane_size;
  FastDivisor out_pixels;

  OutputRule(const float* dy, const ConvShape& s)
      : base(dy),
        image_size(s.out_channels * s.out_pixels()),
        plane_size(static_cast<int>(s.out_pixels())),
        out_pixels(s.out_pixels()) {}

  __device__ std::int64_t span(std::uint32_t i) const { return std::int64_t{i} * plane_size; }
  __device__ std::int64_t depth(std::uint32_t k) const {
    const std::uint32_t pixel = out_pixels.split(k);
    return k * image_size + pixel;
  }
  __device__ const float* find(std::int64_t a, std::int64_t b) const { return base + (a + b); }
};

// How the input's pixels are numbered by phase, and what belongs to a phase.
struct ConvPhases {
  int height, width, stride, padding, kernel_height, kernel_width;
  std::int64_t columns;       // of a phase, rounded up to whole tiles
  std::int64_t phase_pixels;  // of them, those that number pixels
  int taps_high, taps_wide;   // u and v of a phase
  FastDivisor by_columns, by_stride, by_phase_width, by_phase_height, by_taps_wide, by_taps_high;

  ConvPhases(const ConvShape& s, std::int64_t tile_columns)
      : height(static_cast<int>(s.in_height)),
        width(static_cast<int>(s.in_width)),
        stride(static_cast<int>(s.stride)),
        padding(static_cast<int>(s.padding)),
        kernel_height(static_cast<int>(s.kernel_height)),
        kernel_width(static_cast<int>(s.kernel_width)),
        columns((pixels_of(s) + tile_columns - 1) / tile_columns * tile_columns),
        phase_pixels(pixels_of(s)),
        taps_high(static_cast<int>(parts(s.kernel_height, s.stride))),
        taps_wide(static_cast<int>(parts(s.kernel_width, s.stride))),
        by_columns(columns),
        by_stride(s.stride),
        by_phase_width(parts(s.in_width, s.stride)),
        by_phase_height(parts(s.in_height, s.stride)),
        by_taps_wide(taps_wide),
        by_taps_high(taps_high) {}

  static std::int64_t parts(std::int64_t n, std::int64_t stride) {
    return (n + stride - 1) / stride;
  }
  static std::int64_t pixels_of(const ConvShape& s) {
    return s.batch * parts(s.in_height, s.stride) * parts(s.in_width, s.stride);
  }
  std::int64_t all_columns() const { return columns * stride * stride; }
  std::int64_t depth(const ConvShape& s) const { return s.out_channels * taps_high * taps_wide; }

  // Of column i: its phase, and image, row and column within the phase. False for none.
  struct Pixel {
    int phase_row, phase_col;
    std::uint32_t image;
    int row, col;
  };
  __device__ bool find(std::uint32_t i, Pixel& pixel) const {
    std::uint32_t phase = i;
    std::uint32_t rest = by_columns.split(phase);
    pixel.phase_col = static_cast<int>(by_stride.split(phase));
    pixel.phase_row = static_cast<int>(phase);
    if (rest >= phase_pixels) return false;
    pixel.col = static_cast<int>(by_phase_width.split(rest));
    pixel.row = static_cast<int>(by_phase_height.split(rest));
    pixel.image = rest;
    return pixel.phase_row + pixel.row * stride < height &&
           pixel.phase_col + pixel.col * stride < width;
  }
};

// What both operands of the input gradient know of depth k: o, u and v, and the kernel element.
struct PhaseTaps {
  int first_row, first_col;  // the kernel element of u = v = 0

  __device__ PhaseTaps(const ConvPhases& phases, std::uint32_t n_begin) {
    ConvPhases::Pixel pixel;
    phases.find(n_begin, pixel);
    first_row = (pixel.phase_row + phases.padding) % phases.stride;
    first_col = (pixel.phase_col + phases.padding) % phases.stride;
  }

  struct Tap {
    std::uint32_t out_channel;
    int u, v;
    int row, col;  // in the kernel
    bool inside;
  };
  __device__ Tap at(const ConvPhases& phases, std::uint32_t k) const {
    Tap tap;
    tap.v = static_cast<int>(phases.by_taps_wide.split(k));
    tap.u = static_cast<int>(phases.by_taps_high.split(k));
    tap.out_channel = k;
    tap.row = first_row + tap.u * phases.stride;
    tap.col = first_col + tap.v * phases.stride;
    tap.inside = tap.row < phases.kernel_height && tap.col < phases.kernel_width;
    return tap;
  }
};

// w of an input channel (span) at depth (o, u, v) of a block's phase.
struct PhaseWeightRule {
  const float* base;
  const ConvPhases& phases;
  PhaseTaps taps;
  int in_channels;

  __device__ std::int64_t span(std::uint32_t i) const {
    return std::int64_t{i} * (phases.kernel_height * phases.kernel_width);
  }
  // Below 0 for none.
  __device__ std::int64_t depth(std::uint32_t k) const {
    const PhaseTaps::Tap tap = taps.at(phases, k);
    if (!tap.inside) return -1;
    const std::int64_t plane = std::int64_t{tap.out_channel} * in_channels;
    return plane * (phases.kernel_height * phases.kernel_width) + tap.row * phases.kernel_width +
           tap.col;
  }
  __device__ const float* find(std::int64_t a, std::int64_t b) const {
    return b < 0 ? nullptr : base + (a + b);
  }
};

// dy for a pixel of the input (span) at depth (o, u, v) of its phase.
struct PhaseOutputRule {
  const float* base;
  const ConvPhases& phases;
  PhaseTaps taps;
  std::int64_t image_size;
  int height, width;  // of the output
  FastDivisor by_stride;

  static constexpr int kNowhere = -(1 << 30);

  __device__ ConvPlace span(std::uint32_t i) const {
    ConvPhases::Pixel pixel;
    if (!phases.find(i, pixel)) return {0, kNowhere, kNowhere};
    const auto rows = static_cast<std::uint32_t>(pixel.phase_row + phases.padding);
    const auto cols = static_cast<std::uint32_t>(pixel.phase_col + phases.padding);
    const int row = static_cast<int>(by_stride.quotient(rows)) + pixel.row;
    const int col = static_cast<int>(by_stride.quotient(cols)) + pixel.col;
    return {pixel.image * image_size + std::int64_t{row} * width + col, row, col};
  }
  __device__ ConvPlace depth(std::uint32_t k) const {
    const PhaseTaps::Tap tap = taps.at(phases, k);
    if (!tap.inside) return {0, kNowhere, kNowhere};
    const std::int64_t plane = std::int64_t{tap.out_channel} * height;
    return {(plane - tap.u) * width - tap.v, -tap.u, -tap.v};
  }
  __device__ const float* find(const ConvPlace& a, const ConvPlace& b) const {
    const bool inside = is_in_image(a.row + b.row, a.col + b.col, height, width);
    return inside ? base + (a.offset + b.offset) : nullptr;
  }
};

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

// ---- where a column of the result lies: its offset for channel 0, or below 0 for nowhere

struct ConvOutputColumns {
  FastDivisor out_pixels;
  std::int64_t image_size;

  __device__ std::int64_t offset(std::uint32_t col) const {
    const std::uint32_t pixel = out_pixels.split(col);
    return col * image_size + pixel;
  }
};

struct ConvInputColumns {
  ConvPhases phases;
  std::int64_t image_size;

  __device__ std::int64_t offset(std::uint32_t col) const {
    ConvPhases::Pixel pixel;
    if (!phases.find(col, pixel)) return -1;
    const std::int64_t row = pixel.phase_row + std::int64_t{pixel.row} * phases.stride;
    return pixel.image * image_size + row * phases.width + pixel.phase_col +
           pixel.col * phases.stride;
  }
};

// ---- epilogue

// result = act(sum + bias) or sum * act'(derivative_at), in images.
template <class Columns>
struct ConvEpilogue {
  static constexpr bool kRowSums = false;
  Columns columns;
  std::int64_t plane_size;
  float* result;
  const float* bias;
  const float* derivative_at;
  Activation activation;
  bool accumulate;
};

// Found instead of gemm_epilogue.cuh's: the result is not a matrix.
template <class Multiply, class Columns>
__device__ __forceinline__ void write_tile(Multiply& multiply, std::int64_t m_begin,
                                           std::int64_t n_begin, std::int64_t m, std::int64_t n,
                                           const ConvEpilogue<Columns>& epilogue) {
  constexpr int kWidth = Multiply::kWidth;
  constexpr int kPacks = Multiply::kPacks;
  // Calls f(p, i, channel, place in the result) for the sums that belong to it.
  const auto for_each_inside = [&](auto f) {
    KILN_UNROLL
    for (int p = 0; p < kPacks; ++p) {
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        const std::int64_t row = m_begin + multiply.row(p);
        const std::int64_t col = n_begin + multiply.col(p) + i;
        if (row >= m || col >= n) continue;
        const std::int64_t offset = epilogue.columns.offset(static_cast<std::uint32_t>(col));
        if (offset >= 0) f(p, i, row, offset + row * epilogue.plane_size);
      }
    }
  };
  float other[kPacks][kWidth] = {};
  const bool times_derivative = epilogue.derivative_at != nullptr;
  if (times_derivative) {
    for_each_inside([&](int p, int i, std::int64_t, std::int64_t at) {
      other[p][i] = epilogue.derivative_at[at];
    });
  } else if (epilogue.bias != nullptr) {
    for_each_inside(
        [&](int p, int i, std::int64_t row, std::int64_t) { other[p][i] = epilogue.bias[row]; });
  }
  with_activation(epilogue.activation, [&](auto op) {
    KILN_UNROLL
    for (int p = 0; p < kPacks; ++p) {
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        float& sum = multiply.sum(p, i);
        const float value = other[p][i];
        sum = times_derivative ? sum * op.derivative(value, value) : op.forward(sum + value);
      }
    }
  });
  if (epilogue.accumulate) {
    for_each_inside([&](int p, int i, std::int64_t, std::int64_t at) {
      multiply.sum(p, i) += epilogue.result[at];
    });
  }
  for_each_inside([&](int p, int i, std::int64_t, std::int64_t at) {
    epilogue.result[at] = multiply.sum(p, i);
  });
}

}  // namespace kiln::kernels
