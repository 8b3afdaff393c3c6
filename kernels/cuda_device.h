// SPDX-License-Identifier: MIT
// The part of the CUDA runtime that the engine needs: devices, streams, memory, copies. Exists in
// CUDA builds only; errors are kiln::Error.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/stream.h"

namespace kiln::kernels {

struct CudaDeviceInfo {
  std::string name;
  int major = 0;
  int minor = 0;
  std::size_t memory_bytes = 0;
};

// Number of usable devices; where it is 0, `reason` says whether the driver is absent or too old,
// or the device is absent.
int cuda_device_count(std::string& reason);
CudaDeviceInfo cuda_device_info(int index);

// Makes `index` the calling thread's device. CUDA keeps that choice per thread. Errors: this build
// has no code for its architecture.
void cuda_select_device(int index);
// A stream with its scratch memory. Streams last as long as the process.
CudaStream cuda_create_stream();

// Device memory; null for 0 bytes. Out of memory says how much was asked and how much is free.
void* cuda_allocate(std::size_t bytes);
void cuda_free(void* data) noexcept;

// Copies are ordered on the stream. Those from and to host memory have finished on return.
void cuda_copy_to_device(CudaStream stream, const void* host, void* device, std::size_t bytes);
void cuda_copy_to_host(CudaStream stream, const void* device, void* host, std::size_t bytes);
void cuda_copy_on_device(CudaStream stream, const void* from, void* to, std::size_t bytes);
void cuda_synchronize(CudaStream stream);

}  // namespace kiln::kernels
