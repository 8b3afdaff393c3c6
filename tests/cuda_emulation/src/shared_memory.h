// SPDX-License-Identifier: MIT
// The shared memory of the block that runs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cuda_emulation {

inline constexpr std::size_t kStaticSharedLimit = 48 * 1024;
inline constexpr std::size_t kSharedPerBlockLimit = 227 * 1024;  // with the attribute raised
inline constexpr std::size_t kSharedPerMultiprocessor = 228 * 1024;

class SharedMemory {
 public:
  void begin_grid(std::size_t dynamic_bytes);
  void begin_block();
  /// Describes damage to the guards, "" if there is none.
  std::string end_block();
  /// Frees what earlier blocks used. Under ThreadSanitizer no thread of them may be unordered with
  /// the caller any more.
  void drop_retired();
  void end_grid();

  /// Null if the kernel's storages together exceed `kStaticSharedLimit`.
  void* storage(const void* key, std::size_t bytes, std::size_t alignment);
  void* dynamic();
  std::size_t static_bytes() const;
  std::size_t dynamic_bytes() const { return dynamic_bytes_; }
  bool contains(const void* pointer, std::size_t bytes) const;

 private:
  struct Storage {
    const void* key;
    std::byte* data;
    std::size_t bytes;
    std::byte* block;
    bool in_use;  // by the running block; else kept for the next one
  };

  void* acquire(const void* key, std::size_t bytes, std::size_t alignment);

  std::vector<Storage> storages_;
  std::vector<std::byte*> retired_;
  std::size_t dynamic_bytes_ = 0;
};

}  // namespace cuda_emulation
