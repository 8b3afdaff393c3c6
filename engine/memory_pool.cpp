// SPDX-License-Identifier: MIT
#include "engine/memory_pool.h"

#include <algorithm>
#include <bit>

namespace kiln {

// Sizes are rounded up to one of eight steps a power of two: at most 1/8 is wasted, and tensors of
// nearly equal size share blocks.
std::size_t MemoryPool::block_size(std::size_t bytes) {
  constexpr std::size_t kLeast = 256;
  if (bytes <= kLeast) return kLeast;
  const std::size_t step = std::max(std::bit_floor(bytes) / 8, kLeast);
  return (bytes + step - 1) / step * step;
}

void* MemoryPool::allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const std::size_t size = block_size(bytes);
  {
    const std::lock_guard lock(mutex_);
    std::vector<void*>& free_blocks = blocks_[size];
    if (!free_blocks.empty()) {
      void* data = free_blocks.back();
      free_blocks.pop_back();
      return data;
    }
    ++device_allocations_;
  }
  try {
    return allocate_(size);
  } catch (const std::exception&) {
    release();
    return allocate_(size);
  }
}

void MemoryPool::free(void* data, std::size_t bytes) noexcept {
  if (data == nullptr) return;
  try {
    const std::lock_guard lock(mutex_);
    blocks_[block_size(bytes)].push_back(data);
  } catch (...) {
    free_(data);
  }
}

void MemoryPool::release() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto& [size, blocks] : blocks_) {
    for (void* data : blocks) free_(data);
    blocks.clear();
  }
}

}  // namespace kiln
