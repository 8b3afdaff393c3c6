// SPDX-License-Identifier: MIT
// What becomes of the sums of a convolution's product, and where in the images they lie.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/conv_rules.cuh"
#include "kernels/fast_divisor.h"
#include "kernels/launch.h"

namespace kiln::kernels {

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
