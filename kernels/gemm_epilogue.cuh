// SPDX-License-Identifier: MIT
// What a matrix product does with its sums before they are written to C. An epilogue names C, may
// bring one other number for every element, and applies an operation to sum and other:
// C = value or, if accumulate, C += value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation.h"
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// store_pack to global memory in one instruction. In kernels as large as a matrix product's, nvcc
// 13.0 makes single stores of a pack's floats, which use a sector of memory four times.
template <int kWidth>
__device__ __forceinline__ void store_global_pack(float* p, const Pack<kWidth>& pack) {
#ifndef KILN_CUDA_EMULATED
  const std::size_t to = __cvta_generic_to_global(p);
  if constexpr (kWidth == 4) {
    asm volatile("st.global.v4.f32 [%0], {%1, %2, %3, %4};"
                 :
                 : "l"(to), "f"(pack.at[0]), "f"(pack.at[1]), "f"(pack.at[2]), "f"(pack.at[3])
                 : "memory");
    return;
  }
  if constexpr (kWidth == 2) {
    asm volatile("st.global.v2.f32 [%0], {%1, %2};"
                 :
                 : "l"(to), "f"(pack.at[0]), "f"(pack.at[1])
                 : "memory");
    return;
  }
#endif
  store_pack<kWidth>(p, pack);
}

// kWidth floats of a row, of which those from `left` on are outside the matrix and 0. kWhole: the
// floats are an aligned pack, and `left` is not less than kWidth.
template <bool kWhole, int kWidth>
__device__ __forceinline__ Pack<kWidth> load_row_pack(const float* p, std::int64_t left) {
  if constexpr (kWhole) {
    return load_pack<kWidth>(p);
  } else {
    Pack<kWidth> pack = {};
    KILN_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i < left) pack.at[i] = p[i];
    }
    return pack;
  }
}

template <bool kWhole, int kWidth>
__device__ __forceinline__ void store_row_pack(float* p, std::int64_t left,
                                               const Pack<kWidth>& pack) {
  if constexpr (kWhole) {
    store_global_pack<kWidth>(p, pack);
  } else {
    KILN_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i < left) p[i] = pack.at[i];
    }
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

// Writes a tile of C (m,n) that begins at (m_begin, n_begin). kWhole: all packs inside C, and of
// the epilogue's other numbers, are aligned and lie in their row as a whole. One test for the whole
// tile: where every pack has its own, the compiler makes one of both stores, of single floats.
template <bool kWhole, class Multiply, class Epilogue>
__device__ __forceinline__ void write_packs(Multiply& multiply, std::int64_t m_begin,
                                            std::int64_t n_begin, std::int64_t m, std::int64_t n,
                                            const Epilogue& epilogue) {
  constexpr int kWidth = Multiply::kWidth;
  constexpr int kPacks = Multiply::kPacks;
  Pack<kWidth> values[kPacks];
  KILN_UNROLL
  for (int p = 0; p < kPacks; ++p) {
    const std::int64_t row = m_begin + multiply.row(p);
    const std::int64_t col = n_begin + multiply.col(p);
    const float* const other = epilogue.other(row, col, n);
    values[p] = {};
    if (other != nullptr && row < m && col < n) {
      values[p] = load_row_pack<kWhole, kWidth>(other, n - col);
    }
  }
  epilogue.with_operation([&](auto apply) {
    KILN_UNROLL
    for (int p = 0; p < kPacks; ++p) {
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        values[p].at[i] = apply(multiply.sum(p, i), values[p].at[i]);
      }
    }
  });
  // Calls f(pack, its place in C, columns left) for the packs inside C.
  const auto for_each_inside = [&](auto f) {
    KILN_UNROLL
    for (int p = 0; p < kPacks; ++p) {
      const std::int64_t row = m_begin + multiply.row(p);
      const std::int64_t col = n_begin + multiply.col(p);
      if (row < m && col < n) f(values[p], epilogue.c + row * n + col, n - col);
    }
  };
  if (epilogue.accumulate) {
    for_each_inside([](Pack<kWidth>& values_p, const float* c, std::int64_t left) {
      const auto old = load_row_pack<kWhole, kWidth>(c, left);
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) values_p.at[i] += old.at[i];
    });
  }
  for_each_inside([](const Pack<kWidth>& values_p, float* c, std::int64_t left) {
    store_row_pack<kWhole>(c, left, values_p);
  });
}

template <class Multiply, class Epilogue>
__device__ __forceinline__ void write_tile(Multiply& multiply, std::int64_t m_begin,
                                           std::int64_t n_begin, std::int64_t m, std::int64_t n,
                                           const Epilogue& epilogue) {
  constexpr int kWidth = Multiply::kWidth;
  if (kWidth == 1 ||
      (n % kWidth == 0 && is_aligned_for<kWidth>(epilogue.c, epilogue.other(0, 0, n)))) {
    write_packs<true>(multiply, m_begin, n_begin, m, n, epilogue);
  } else {
    write_packs<false>(multiply, m_begin, n_begin, m, n, epilogue);
  }
}

}  // namespace kiln::kernels
