// SPDX-License-Identifier: MIT
// What a matrix product does with its sums before they are written to C. An epilogue names C, may
// bring one other number for every element, and applies an operation to sum and other:
// C = value or, if accumulate, C += value.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// kWidth floats of a row, of which those from `left` on are outside the matrix and 0.
template <int kWidth>
__device__ __forceinline__ Pack<kWidth> load_row_pack(const float* p, std::int64_t left,
                                                      bool wide) {
  if (wide) return load_pack<kWidth>(p);
  Pack<kWidth> pack = {};
  KILN_UNROLL
  for (int i = 0; i < kWidth; ++i) {
    if (i < left) pack.at[i] = p[i];
  }
  return pack;
}

template <int kWidth>
__device__ __forceinline__ void store_row_pack(float* p, std::int64_t left, bool wide,
                                               const Pack<kWidth>& pack) {
  if (wide) return store_pack<kWidth>(p, pack);
  KILN_UNROLL
  for (int i = 0; i < kWidth; ++i) {
    if (i < left) p[i] = pack.at[i];
  }
}

// C = act(sum + bias), bias null for none.
struct BiasActivation {
  static constexpr bool kRowSums = false;
  float* c;
  bool accumulate;
  const float* bias;
  Activation activation;

  __device__ const float* other(std::int64_t /*row*/, std::int64_t col, std::int64_t /*n*/) const {
    return bias == nullptr ? nullptr : bias + col;
  }
  template <class F>
  __device__ void with_operation(F f) const {
    with_activation(activation, [&](auto op) {
      f([op](float sum, float bias_value) { return op.forward(sum + bias_value); });
    });
  }
};

// C = sum * act'(x), where x (m,n) is an output of act.
struct TimesDerivative {
  static constexpr bool kRowSums = false;
  float* c;
  bool accumulate;
  const float* x;
  Activation activation;

  __device__ const float* other(std::int64_t row, std::int64_t col, std::int64_t n) const {
    return activation.kind == ActivationKind::identity ? nullptr : x + row * n + col;
  }
  template <class F>
  __device__ void with_operation(F f) const {
    with_activation(activation, [&](auto op) {
      f([op](float sum, float x_value) { return sum * op.derivative(x_value, x_value); });
    });
  }
};

// C = sum, and the sums of op(A)'s rows.
struct SumsAndRowSums {
  static constexpr bool kRowSums = true;
  float* c;
  bool accumulate;
  float* row_sums;  // null for none
  bool accumulate_row_sums;

  __device__ const float* other(std::int64_t, std::int64_t, std::int64_t) const { return nullptr; }
  template <class F>
  __device__ void with_operation(F f) const {
    f([](float sum, float) { return sum; });
  }
  __device__ bool wants_row_sums() const { return row_sums != nullptr; }
  __device__ void write_row_sum(std::int64_t row, float sum) const {
    row_sums[row] = accumulate_row_sums ? row_sums[row] + sum : sum;
  }
};

// Writes a tile of C (m,n) that begins at (m_begin, n_begin).
template <class Multiply, class Epilogue>
__device__ __forceinline__ void write_tile(Multiply& multiply, std::int64_t m_begin,
                                           std::int64_t n_begin, std::int64_t m, std::int64_t n,
                                           const Epilogue& epilogue) {
  constexpr int kWidth = Multiply::kWidth;
  constexpr int kPacks = Multiply::kPacks;
  const bool wide = n % kWidth == 0;
  Pack<kWidth> others[kPacks];
  KILN_UNROLL
  for (int p = 0; p < kPacks; ++p) {
    const std::int64_t row = m_begin + multiply.row(p);
    const std::int64_t col = n_begin + multiply.col(p);
    const float* const from = epilogue.other(row, col, n);
    others[p] = from == nullptr || row >= m || col >= n
                    ? Pack<kWidth>{}
                    : load_row_pack<kWidth>(from, n - col, wide && is_aligned_for<kWidth>(from));
  }
  epilogue.with_operation([&](auto apply) {
    KILN_UNROLL
    for (int p = 0; p < kPacks; ++p) {
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        others[p].at[i] = apply(multiply.sum(p, i), others[p].at[i]);
      }
    }
  });
  const bool wide_c = wide && is_aligned_for<kWidth>(epilogue.c);
  KILN_UNROLL
  for (int p = 0; p < kPacks; ++p) {
    const std::int64_t row = m_begin + multiply.row(p);
    const std::int64_t col = n_begin + multiply.col(p);
    if (row >= m || col >= n) continue;
    float* const c = epilogue.c + row * n + col;
    if (epilogue.accumulate) {
      const Pack<kWidth> old = load_row_pack<kWidth>(c, n - col, wide_c);
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) others[p].at[i] += old.at[i];
    }
    store_row_pack<kWidth>(c, n - col, wide_c, others[p]);
  }
}

}  // namespace kiln::kernels
