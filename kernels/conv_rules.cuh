// SPDX-License-Identifier: MIT
// Which element of an array is an operand's, by its span index (row or column) and its depth: the
// rules of the three products of conv_operands.cuh.
#pragma once

#include <cstdint>

#include "kernels/conv.h"
#include "kernels/fast_divisor.h"
#include "kernels/launch.h"

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

}  // namespace kiln::kernels
