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
#include <vector>

namespace kiln {

class MemoryPool {
 public:
  using Allocate = std::function<void*(std::size_t bytes)>;
  using Free = std::function<void(void* data)>;

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
  // Gives cached blocks back to the device.
  void release() noexcept;

  std::size_t device_allocations() const { return device_allocations_; }

 private:
  static std::size_t block_size(std::size_t bytes);

  Allocate allocate_;
  Free free_;
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> blocks_;
  std::size_t device_allocations_ = 0;
};

}  // namespace kiln
