// SPDX-License-Identifier: MIT
// Asynchronous copies from global to shared memory (PTX ISA, "cp.async"). A thread issues copies,
// closes them into a group with async_commit(), and waits for its own groups; a barrier after that
// shows the data to the other threads. Below sm_80 a copy is a plain load and store, done at once.
// Include from .cu files only.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#ifdef KILN_CUDA_EMULATED
#include <cuda_pipeline.h>

#include <source_location>
#endif

namespace kiln::kernels {

#ifdef KILN_CUDA_EMULATED

template <int kBytes>
void async_copy(void* shared, const void* global, bool inside,
                std::source_location site = std::source_location::current()) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16, "what cp.async can copy");
  __pipeline_memcpy_async(shared, global, kBytes, inside ? 0 : kBytes, site);
}

inline void async_commit() { __pipeline_commit(); }

template <int kPending>
void async_wait() {
  __pipeline_wait_prior(kPending);
}

#else

namespace detail {
template <int kBytes>
struct AsyncWord;
template <>
struct AsyncWord<4> {
  using Type = std::uint32_t;
};
template <>
struct AsyncWord<8> {
  using Type = uint2;
};
template <>
struct AsyncWord<16> {
  using Type = uint4;
};
}  // namespace detail

// Copies kBytes (4, 8 or 16, the alignment of both pointers) from `global` to `shared`. Where
// `inside` is false, writes zeros and does not read `global`, which must be aligned all the same.
template <int kBytes>
__device__ __forceinline__ void async_copy(void* shared, const void* global, bool inside) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16, "what cp.async can copy");
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  using Word = typename detail::AsyncWord<kBytes>::Type;
  *static_cast<Word*>(shared) = inside ? *static_cast<const Word*>(global) : Word{};
#else
  const auto to = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
  const std::size_t from = __cvta_generic_to_global(global);
  const int bytes = inside ? kBytes : 0;
  if constexpr (kBytes == 16) {  // past the L1 cache: a tile is read once per block
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :
                 : "r"(to), "l"(from), "r"(bytes)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;"
                 :
                 : "r"(to), "l"(from), "n"(kBytes), "r"(bytes)
                 : "memory");
  }
#endif
}

// Closes the calling thread's current group of copies, which may be empty.
__device__ __forceinline__ void async_commit() {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" : : : "memory");
#endif
}

// Waits for all groups of the calling thread but the last kPending.
template <int kPending>
__device__ __forceinline__ void async_wait() {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" : : "n"(kPending) : "memory");
#endif
}

#endif

}  // namespace kiln::kernels
