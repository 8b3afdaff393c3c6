// SPDX-License-Identifier: MIT
// Copies and fills: checked when called, and again when they run.
#include <cstring>

#include "capture.h"
#include "cuda_emulation/memory.h"
#include "device_memory.h"
#include "runtime.h"
#include "synchronize.h"

using namespace cuda_emulation;

namespace {

/// The whole range is live device memory.
bool on_device(const void* pointer, std::size_t bytes) {
  return device_memory().is_device(pointer, bytes);
}

/// The range does not begin in device memory, and stays inside a pinned allocation it begins in.
bool on_host(const void* pointer, std::size_t bytes) {
  const Allocation* found = device_memory().find(pointer, 1);
  if (found == nullptr) return pointer != nullptr;
  return found->kind == MemoryKind::kPinnedHost && device_memory().find(pointer, bytes) != nullptr;
}

bool ranges_match(const void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  switch (kind) {
    case cudaMemcpyHostToHost:
      return on_host(to, bytes) && on_host(from, bytes);
    case cudaMemcpyHostToDevice:
      return on_device(to, bytes) && on_host(from, bytes);
    case cudaMemcpyDeviceToHost:
      return on_host(to, bytes) && on_device(from, bytes);
    case cudaMemcpyDeviceToDevice:
      return on_device(to, bytes) && on_device(from, bytes);
    case cudaMemcpyDefault:
      return (on_device(to, bytes) || on_host(to, bytes)) &&
             (on_device(from, bytes) || on_host(from, bytes));
  }
  return false;
}

cudaError_t copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                 cudaStream_t stream) {
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
    return cudaErrorInvalidMemcpyDirection;
  }
  if (bytes == 0) return streams().find(stream) ? cudaSuccess : cudaErrorInvalidResourceHandle;
  if (!ranges_match(to, from, bytes, kind)) return cudaErrorInvalidValue;
  return enqueue(stream, cudaGraphNodeTypeMemcpy, [=] {
    if (ranges_match(to, from, bytes, kind)) {
      std::memmove(to, from, bytes);
    } else {
      raise_fault(cudaErrorIllegalAddress, "a copy ran after its memory was freed");
    }
  });
}

cudaError_t fill(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  if (bytes == 0) return streams().find(stream) ? cudaSuccess : cudaErrorInvalidResourceHandle;
  if (!on_device(to, bytes)) return cudaErrorInvalidValue;
  return enqueue(stream, cudaGraphNodeTypeMemset, [=] {
    if (on_device(to, bytes)) {
      std::memset(to, value, bytes);
    } else {
      raise_fault(cudaErrorIllegalAddress, "a fill ran after its memory was freed");
    }
  });
}

}  // namespace

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return api_call([&] { return copy(to, from, bytes, kind, stream); });
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return api_call([&] {
    if (const cudaError_t error = forbid_in_capture()) return error;
    if (const cudaError_t error = copy(to, from, bytes, kind, nullptr)) return error;
    // Between two places on the device the host does not wait.
    if (kind == cudaMemcpyDeviceToDevice) return cudaSuccess;
    streams().run_all(streams().null_stream());
    return after_waiting();
  });
}

cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  return api_call([&] {
    if (const cudaError_t error = forbid_in_capture()) return error;
    return fill(to, value, bytes, nullptr);
  });
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  return api_call([&] { return fill(to, value, bytes, stream); });
}
