// SPDX-License-Identifier: MIT
// Elementwise loops over float arrays: 16-byte accesses where every pointer is 16-byte aligned,
// single floats for the last n % 4 elements and for pointers that are not. The check runs in the
// kernel (it is uniform and costs a few instructions), so that one kernel serves every caller.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/launch.h"

namespace kiln::kernels {

template <int kWidth>
struct alignas(kWidth * sizeof(float)) Pack {
  float at[kWidth];
};

template <int kWidth>
__device__ __forceinline__ Pack<kWidth> load_pack(const float* p) {
  return *reinterpret_cast<const Pack<kWidth>*>(p);
}

template <int kWidth>
__device__ __forceinline__ void store_pack(float* p, const Pack<kWidth>& pack) {
  *reinterpret_cast<Pack<kWidth>*>(p) = pack;
}

// kWidth elements from `values`, or kWidth times `constant` where `values` is null.
template <int kWidth>
__device__ __forceinline__ Pack<kWidth> load_pack_or(const float* values, std::int64_t i,
                                                     float constant) {
  if (values != nullptr) return load_pack<kWidth>(values + i);
  Pack<kWidth> pack;
  for (int k = 0; k < kWidth; ++k) pack.at[k] = constant;
  return pack;
}

template <int kWidth, class... Pointers>
__device__ __forceinline__ bool is_aligned_for(Pointers... p) {
  return ((reinterpret_cast<std::uintptr_t>(p) | ...) % (kWidth * sizeof(float))) == 0;
}

__device__ __forceinline__ std::int64_t grid_thread() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

__device__ __forceinline__ std::int64_t grid_threads() {
  return static_cast<std::int64_t>(gridDim.x) * blockDim.x;
}

// Calls f(width, i) until every i < n is covered once: with width a std::integral_constant 4 for
// the elements i .. i+3 where `aligned`, else 1.
template <class F>
__device__ __forceinline__ void for_each_pack(std::int64_t n, bool aligned, F f) {
  const std::int64_t packs = aligned ? n / 4 : 0;
  for (std::int64_t i = grid_thread(); i < packs; i += grid_threads()) {
    f(std::integral_constant<int, 4>{}, 4 * i);
  }
  for (std::int64_t i = 4 * packs + grid_thread(); i < n; i += grid_threads()) {
    f(std::integral_constant<int, 1>{}, i);
  }
}

// out[i] = f(in[i]...). An input may be `out` itself: a thread loads before it stores.
template <class F, class... Inputs>
__device__ __forceinline__ void map_elements(std::int64_t n, float* out, F f, Inputs... in) {
  for_each_pack(n, is_aligned_for<4>(out, in...), [&](auto width, std::int64_t i) {
    constexpr int kWidth = decltype(width)::value;
    const auto apply = [&](const auto&... packs) {
      Pack<kWidth> result;
      for (int k = 0; k < kWidth; ++k) result.at[k] = f(packs.at[k]...);
      return result;
    };
    store_pack<kWidth>(out + i, apply(load_pack<kWidth>(in + i)...));
  });
}

// Blocks for either loop: one pack a thread.
inline unsigned blocks_for_packs(std::int64_t n) { return blocks_for((n + 3) / 4); }

}  // namespace kiln::kernels
