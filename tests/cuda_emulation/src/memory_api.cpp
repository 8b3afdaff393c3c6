// SPDX-License-Identifier: MIT
// Allocation of device and pinned memory.
#include <cstdint>

#include "call_counters.h"
#include "capture.h"
#include "cuda_emulation/memory.h"
#include "device_memory.h"
#include "runtime.h"
#include "synchronize.h"

using namespace cuda_emulation;

namespace {

cudaError_t allocate(void** pointer, std::size_t bytes, MemoryKind kind) {
  if (pointer == nullptr) return cudaErrorInvalidValue;
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  *pointer = device_memory().allocate(bytes, kind);
  if (*pointer == nullptr) return cudaErrorMemoryAllocation;
  ++call_counters().allocations;
  return cudaSuccess;
}

/// Frees after all work that may use the memory, as the runtime's own blocking frees do.
cudaError_t free_now(void* pointer, MemoryKind kind) {
  if (pointer == nullptr) return cudaSuccess;
  if (const cudaError_t error = forbid_in_capture()) return error;
  streams().run_everything();
  if (const cudaError_t error = after_waiting()) return error;
  if (!device_memory().free(pointer, kind)) return cudaErrorInvalidValue;
  ++call_counters().frees;
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaMalloc(void** pointer, std::size_t bytes) {
  return api_call([&] {
    if (const cudaError_t error = forbid_in_capture()) return error;
    return allocate(pointer, bytes, MemoryKind::kDevice);
  });
}

cudaError_t cudaFree(void* pointer) {
  return api_call([&] { return free_now(pointer, MemoryKind::kDevice); });
}

cudaError_t cudaMallocAsync(void** pointer, std::size_t bytes, cudaStream_t handle) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture != nullptr) return invalidate(*stream->capture);
    return allocate(pointer, bytes, MemoryKind::kDevice);
  });
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t handle) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture != nullptr) return invalidate(*stream->capture);
    if (pointer == nullptr) return cudaSuccess;
    if (!device_memory().is_device(pointer, 1)) return cudaErrorInvalidValue;
    ++call_counters().frees;
    return enqueue(handle, cudaGraphNodeTypeEmpty, [pointer] {
      if (!device_memory().free(pointer, MemoryKind::kDevice)) {
        raise_fault(cudaErrorIllegalAddress, "cudaFreeAsync of memory that was freed before");
      }
    });
  });
}

cudaError_t cudaHostAlloc(void** pointer, std::size_t bytes, unsigned int) {
  return api_call([&] {
    if (const cudaError_t error = forbid_in_capture()) return error;
    return allocate(pointer, bytes, MemoryKind::kPinnedHost);
  });
}

cudaError_t cudaMallocHost(void** pointer, std::size_t bytes) {
  return cudaHostAlloc(pointer, bytes, cudaHostAllocDefault);
}

cudaError_t cudaFreeHost(void* pointer) {
  return api_call([&] { return free_now(pointer, MemoryKind::kPinnedHost); });
}

cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total_bytes) {
  return api_call([&] {
    *total_bytes = device_memory().total_bytes();
    *free_bytes = device_memory().total_bytes() - device_memory().device_bytes();
    return cudaSuccess;
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  return api_call([&] {
    const Allocation* found = device_memory().find(pointer, 1);
    *attributes = {cudaMemoryTypeUnregistered, -2, nullptr, nullptr};
    if (found != nullptr) {
      const bool device = found->kind == MemoryKind::kDevice;
      void* plain = const_cast<void*>(pointer);
      *attributes = {device ? cudaMemoryTypeDevice : cudaMemoryTypeHost, 0, plain,
                     device ? nullptr : plain};
    }
    return cudaSuccess;
  });
}
