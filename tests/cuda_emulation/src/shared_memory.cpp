// SPDX-License-Identifier: MIT
// Shared memory: plain builds refill the same storage for each block; the sanitizers get a new one,
// so that a pointer kept from another block is a use after free, and blocks look unordered.
#include "shared_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "guards.h"
#include "sanitizers.h"

namespace cuda_emulation {
namespace {
constexpr bool kFreshForEachBlock = with_asan || with_tsan;
constexpr char kDynamicKey = 0;
}  // namespace

void SharedMemory::begin_grid(std::size_t dynamic_bytes) { dynamic_bytes_ = dynamic_bytes; }

void SharedMemory::begin_block() {
  for (Storage& storage : storages_) storage.in_use = false;
}

void* SharedMemory::acquire(const void* key, std::size_t bytes, std::size_t alignment) {
  for (Storage& storage : storages_) {
    if (storage.key != key) continue;
    if (!storage.in_use) {
      std::memset(storage.data, 0xFF, bytes);
      storage.in_use = true;
    }
    return storage.data;
  }
  const std::size_t guard = with_asan ? 0 : kGuardBytes;
  const std::size_t align = std::max({alignment, sizeof(void*), guard});
  const std::size_t before = with_asan ? 0 : align;
  void* block = nullptr;
  if (posix_memalign(&block, align, before + bytes + guard) != 0) throw std::bad_alloc();
  auto* data = static_cast<std::byte*>(block) + before;
  if (!with_asan) write_guards(data, bytes);
  std::memset(data, 0xFF, bytes);
  storages_.push_back({key, data, bytes, static_cast<std::byte*>(block), true});
  return data;
}

std::size_t SharedMemory::static_bytes() const {
  std::size_t sum = 0;
  for (const Storage& storage : storages_) sum += storage.key == &kDynamicKey ? 0 : storage.bytes;
  return sum;
}

void* SharedMemory::storage(const void* key, std::size_t bytes, std::size_t alignment) {
  for (const Storage& storage : storages_) {
    if (storage.key == key && storage.in_use) return storage.data;
  }
  void* data = acquire(key, bytes, alignment);
  return static_bytes() <= kStaticSharedLimit ? data : nullptr;
}

void* SharedMemory::dynamic() { return acquire(&kDynamicKey, dynamic_bytes_, 16); }

bool SharedMemory::contains(const void* pointer, std::size_t bytes) const {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  return std::any_of(storages_.begin(), storages_.end(), [=](const Storage& storage) {
    const auto start = reinterpret_cast<std::uintptr_t>(storage.data);
    return storage.in_use && address >= start && address - start <= storage.bytes &&
           bytes <= storage.bytes - (address - start);
  });
}

std::string SharedMemory::end_block() {
  std::string damage;
  for (const Storage& storage : storages_) {
    if (!with_asan && damage.empty()) damage = damaged_guards(storage.data, storage.bytes);
    if (kFreshForEachBlock) retired_.push_back(storage.block);
  }
  if (kFreshForEachBlock) storages_.clear();
  if (!with_tsan) drop_retired();
  return damage.empty() ? "" : damage + " of shared memory";
}

void SharedMemory::drop_retired() {
  for (std::byte* block : retired_) std::free(block);
  retired_.clear();
}

void SharedMemory::end_grid() {
  for (const Storage& storage : storages_) std::free(storage.block);
  storages_.clear();
  drop_retired();
}

}  // namespace cuda_emulation
