// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <vector>

#include "kernels/cuda_device.h"
#include "kernels/launch.h"

namespace kiln::kernels {
namespace {

// Loaded when a device is opened, to see whether this build has code for it.
__global__ void probe_kernel() {}

// The architectures that this file, and so every other, was compiled for.
std::vector<int> built_for() {
#ifdef __CUDA_ARCH_LIST__
  return {__CUDA_ARCH_LIST__};
#else
  return {};
#endif
}

int driver_version() {
  int version = 0;
  cudaDriverGetVersion(&version);
  return version;
}

int runtime_version() {
  int version = 0;
  cudaRuntimeGetVersion(&version);
  return version;
}

}  // namespace

int cuda_device_count(std::string& reason) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return count;
  cudaGetLastError();
  reason = no_device_reason(status, driver_version(), runtime_version());
  return 0;
}

CudaDeviceInfo cuda_device_info(int index) {
  cudaDeviceProp properties = {};
  check_cuda(cudaGetDeviceProperties(&properties, index), "device");
  return {properties.name, properties.major, properties.minor, properties.totalGlobalMem};
}

void cuda_select_device(int index) {
  check_cuda(cudaSetDevice(index), "device");
  cudaFuncAttributes attributes = {};
  const cudaError_t status = cudaFuncGetAttributes(&attributes, probe_kernel);
  if (is_missing_code(status)) {
    cudaGetLastError();
    const CudaDeviceInfo info = cuda_device_info(index);
    throw Error("[device] " + missing_code_reason(status, info.name, info.major, info.minor,
                                                  built_for(), driver_version(),
                                                  runtime_version()));
  }
  check_cuda(status, "device");
}

CudaStream cuda_create_stream() {
  static auto* scratch_memory = new std::vector<void*>;
  // Goes back while the runtime still listens: what a leak checker finds then is a leak.
  static const int registered = std::atexit([] {
    for (void* data : *scratch_memory) cuda_free(data);
  });
  static_cast<void>(registered);
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
  constexpr std::size_t kTicketBytes = CudaScratch::kTickets * sizeof(unsigned);
  CudaScratch scratch;
  scratch.partials = static_cast<float*>(cuda_allocate(CudaScratch::kPartials * sizeof(float)));
  scratch_memory->push_back(scratch.partials);
  scratch.tickets = static_cast<unsigned*>(cuda_allocate(kTicketBytes));
  scratch_memory->push_back(scratch.tickets);
  check_cuda(cudaMemsetAsync(scratch.tickets, 0, kTicketBytes, stream), "stream");
  return {stream, scratch};
}

void* cuda_allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    std::size_t free_bytes = 0, total_bytes = 0;
    cudaMemGetInfo(&free_bytes, &total_bytes);
    throw Error("[allocate] out of GPU memory: asked for " + std::to_string(bytes) + " bytes, " +
                std::to_string(free_bytes) + " of " + std::to_string(total_bytes) + " are free");
  }
  check_cuda(status, "allocate");
  return data;
}

void cuda_free(void* data) noexcept { cudaFree(data); }

void cuda_copy_to_device(CudaStream stream, const void* host, void* device, std::size_t bytes) {
  if (bytes == 0) return;
  check_cuda(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, native(stream)), "copy");
  cuda_synchronize(stream);
}

void cuda_copy_to_host(CudaStream stream, const void* device, void* host, std::size_t bytes) {
  if (bytes == 0) return;
  check_cuda(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, native(stream)), "copy");
  cuda_synchronize(stream);
}

void cuda_copy_on_device(CudaStream stream, const void* from, void* to, std::size_t bytes) {
  if (bytes == 0) return;
  check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, native(stream)), "copy");
}

void cuda_synchronize(CudaStream stream) {
  check_cuda(cudaStreamSynchronize(native(stream)), "synchronize");
}

}  // namespace kiln::kernels
