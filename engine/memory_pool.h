// SPDX-License-Identifier: MIT
// A caching pool over one device's memory. A freed block goes to the list of its size and the next
// request of that size takes it, so a training loop allocates nothing after its first step. The
// work of a device runs in order on one stream, so a block may be handed out again while the
// kernels that last used it are still queued.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace kiln {

class MemoryPool {
 public:
  using Allocate = std::function<void*(std::size_t bytes)>;
  using Free = std::function<void(void* data)>;

  // Blocks set aside for a captured step: its replays use their addresses for as long as it lives,
  // so nobody else may be handed them, also while they are free.
  class Reserve {
   public:
    explicit Reserve(MemoryPool& pool) : pool_(pool) {}
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;
    ~Reserve() { pool_.dissolve(*this); }

   private:
    friend class MemoryPool;
    MemoryPool& pool_;
    std::map<std::size_t, std::vector<void*>> free_blocks_;  // by size
  };

  // While it lives, requests are served from `reserve`, which grows as they ask.
  class ReserveScope {
   public:
    explicit ReserveScope(Reserve& reserve) : pool_(reserve.pool_), previous_(pool_.current_) {
      pool_.current_ = &reserve;
    }
    ReserveScope(const ReserveScope&) = delete;
    ReserveScope& operator=(const ReserveScope&) = delete;
    ~ReserveScope() { pool_.current_ = previous_; }

   private:
    MemoryPool& pool_;
    Reserve* previous_;
  };

  MemoryPool(Allocate allocate, Free free)
      : allocate_(std::move(allocate)), free_(std::move(free)) {}
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;
  ~MemoryPool() { release(); }

  // At least `bytes` bytes aligned to 64; null for 0. Out of memory: cached blocks are released and
  // the request is tried once more before the device's error is passed on.
  void* allocate(std::size_t bytes);
  // Takes back a block of allocate(bytes).
  void free(void* data, std::size_t bytes) noexcept;
  // Gives cached blocks back to the device, except those of reserves.
  void release() noexcept;

  std::size_t device_allocations() const { return device_allocations_; }

 private:
  using Blocks = std::map<std::size_t, std::vector<void*>>;

  static std::size_t block_size(std::size_t bytes);
  void dissolve(Reserve& reserve) noexcept;

  Allocate allocate_;
  Free free_;
  std::mutex mutex_;
  Blocks blocks_;
  Reserve* current_ = nullptr;
  std::unordered_map<void*, Reserve*> reserved_;  // whose a block is, free or not
  std::size_t device_allocations_ = 0;
};

}  // namespace kiln
