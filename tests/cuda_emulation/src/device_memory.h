// SPDX-License-Identifier: MIT
// The registry of device and pinned allocations. Each is exactly as large as asked for: under
// AddressSanitizer its red zones catch an access outside, in other builds guard bytes are compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace cuda_emulation {

enum class MemoryKind { kDevice, kPinnedHost };

struct Allocation {
  std::byte* data;
  std::size_t bytes;
  std::byte* block;  // what the allocator returned; the guards lie between
  MemoryKind kind;
};

class DeviceMemory {
 public:
  DeviceMemory();

  /// Null where the device has too little memory left. The content is 0xFF bytes.
  void* allocate(std::size_t bytes, MemoryKind kind);
  /// False where `pointer` is not the start of a live allocation of this kind.
  bool free(void* pointer, MemoryKind kind);
  void free_all();

  /// The allocation that [pointer, pointer + bytes) lies in; null if there is none.
  const Allocation* find(const void* pointer, std::size_t bytes) const;
  bool is_device(const void* pointer, std::size_t bytes) const;

  /// Describes the first damaged guard, and mends it; "" if all are whole.
  std::string damage();

  std::uint64_t device_allocations() const { return device_allocations_; }
  std::uint64_t device_bytes() const { return device_bytes_; }
  std::uint64_t total_bytes() const { return total_bytes_; }

 private:
  void release(const Allocation& allocation);

  std::map<std::uintptr_t, Allocation> allocations_;  // by the address of `data`
  std::uint64_t device_allocations_ = 0;
  std::uint64_t device_bytes_ = 0;
  std::uint64_t total_bytes_;
};

DeviceMemory& device_memory();

}  // namespace cuda_emulation
