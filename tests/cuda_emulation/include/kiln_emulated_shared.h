// SPDX-License-Identifier: MIT
// Shared memory of the running block. Each type T names one storage of its own, exactly sizeof(T)
// bytes long and filled with 0xFF bytes (NaN) afresh for every block.
#pragma once

#include <cstddef>
#include <type_traits>

namespace cuda_emulation {

/// The block's storage named by `key`; made on the block's first call. Errors: outside a kernel, or
/// more than the 48 KiB that a kernel may declare.
void* block_storage(const void* key, std::size_t bytes, std::size_t alignment);

/// The block's dynamic shared memory: the launch's dynamicSmemBytes bytes, aligned to 16.
void* dynamic_shared();

template <class T>
inline constexpr char storage_key = 0;

template <class T>
T& block_shared() {
  static_assert(std::is_trivially_default_constructible_v<T> && std::is_trivially_destructible_v<T>,
                "__shared__ variables have no constructor to run");
  return *static_cast<T*>(block_storage(&storage_key<T>, sizeof(T), alignof(T)));
}

}  // namespace cuda_emulation
