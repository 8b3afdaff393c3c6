// SPDX-License-Identifier: MIT
// Allocation of device memory.
#include "device_memory.h"

#include <cstdlib>
#include <cstring>

#include "environment.h"
#include "guards.h"
#include "sanitizers.h"

namespace cuda_emulation {
namespace {
constexpr std::size_t kAlignment = 256;  // what cudaMalloc promises
}

DeviceMemory& device_memory() {
  static auto* instance = new DeviceMemory;  // outlives every other static object
  return *instance;
}

DeviceMemory::DeviceMemory()
    : total_bytes_(environment_number("KILN_EMULATION_MEMORY_MIB", 4096) << 20) {}

void* DeviceMemory::allocate(std::size_t bytes, MemoryKind kind) {
  if (kind == MemoryKind::kDevice && bytes > total_bytes_ - device_bytes_) return nullptr;
  void* block = nullptr;
  // Exact under AddressSanitizer; else room for a guard on either side.
  const std::size_t before = with_asan ? 0 : kAlignment;
  const std::size_t after = with_asan ? 0 : kGuardBytes;
  if (posix_memalign(&block, kAlignment, before + bytes + after) != 0) return nullptr;
  Allocation allocation{static_cast<std::byte*>(block) + before, bytes,
                        static_cast<std::byte*>(block), kind};
  std::memset(allocation.data, 0xFF, bytes);
  if (!with_asan) write_guards(allocation.data, bytes);
  allocations_[reinterpret_cast<std::uintptr_t>(allocation.data)] = allocation;
  if (kind == MemoryKind::kDevice) {
    ++device_allocations_;
    device_bytes_ += bytes;
  }
  return allocation.data;
}

bool DeviceMemory::free(void* pointer, MemoryKind kind) {
  const auto entry = allocations_.find(reinterpret_cast<std::uintptr_t>(pointer));
  if (entry == allocations_.end() || entry->second.kind != kind) return false;
  release(entry->second);
  allocations_.erase(entry);
  return true;
}

void DeviceMemory::release(const Allocation& allocation) {
  if (allocation.kind == MemoryKind::kDevice) {
    --device_allocations_;
    device_bytes_ -= allocation.bytes;
  }
  // Whoever reads it after this gets NaN, where no sanitizer stops it.
  if (!with_asan && !with_tsan) std::memset(allocation.data, 0xFF, allocation.bytes);
  std::free(allocation.block);
}

void DeviceMemory::free_all() {
  for (const auto& [address, allocation] : allocations_) release(allocation);
  allocations_.clear();
}

const Allocation* DeviceMemory::find(const void* pointer, std::size_t bytes) const {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  auto next = allocations_.upper_bound(address);
  if (next == allocations_.begin()) return nullptr;
  const auto& [start, allocation] = *--next;
  const std::size_t offset = address - start;
  if (offset > allocation.bytes || bytes > allocation.bytes - offset) return nullptr;
  return &allocation;
}

bool DeviceMemory::is_device(const void* pointer, std::size_t bytes) const {
  const Allocation* allocation = find(pointer, bytes);
  return allocation != nullptr && allocation->kind == MemoryKind::kDevice;
}

std::string DeviceMemory::damage() {
  if (with_asan) return "";
  for (const auto& [address, allocation] : allocations_) {
    const std::string found = damaged_guards(allocation.data, allocation.bytes);
    if (!found.empty()) return found + " of device memory";
  }
  return "";
}

}  // namespace cuda_emulation
