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
    Blocks& blocks = current_ != nullptr ? current_->free_blocks_ : blocks_;
    std::vector<void*>& free_blocks = blocks[size];
    if (!free_blocks.empty()) {
      void* data = free_blocks.back();
      free_blocks.pop_back();
      return data;
    }
    ++device_allocations_;
  }
  void* data = nullptr;
  try {
    data = allocate_(size);
  } catch (const std::exception&) {
    release();
    data = allocate_(size);
  }
  if (current_ != nullptr) {
    const std::lock_guard lock(mutex_);
    reserved_[data] = current_;
  }
  return data;
}

void MemoryPool::free(void* data, std::size_t bytes) noexcept {
  if (data == nullptr) return;
  try {
    const std::lock_guard lock(mutex_);
    const auto owner = reserved_.find(data);
    Blocks& blocks = owner != reserved_.end() ? owner->second->free_blocks_ : blocks_;
    blocks[block_size(bytes)].push_back(data);
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

void MemoryPool::dissolve(Reserve& reserve) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase_if(reserved_, [&](const auto& entry) { return entry.second == &reserve; });
  for (auto& [size, blocks] : reserve.free_blocks_) {
    for (void* data : blocks) {
      try {
        blocks_[size].push_back(data);
      } catch (...) {
        free_(data);
      }
    }
  }
}

}  // namespace kiln
