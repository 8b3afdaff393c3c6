// SPDX-License-Identifier: MIT
// cudaLaunchKernelEx and what the runtime tells about kernels.
#include <algorithm>
#include <map>

#include "block_scheduler.h"
#include "capture.h"
#include "cuda_emulation/launch.h"
#include "grid.h"
#include "runtime.h"
#include "shared_memory.h"

namespace cuda_emulation {
namespace {

std::map<const void*, int>& dynamic_limits() {
  static auto* limits = new std::map<const void*, int>;
  return *limits;
}

std::size_t dynamic_limit(const void* kernel) {
  const auto found = dynamic_limits().find(kernel);
  return found == dynamic_limits().end() ? kStaticSharedLimit
                                         : static_cast<std::size_t>(found->second);
}

cudaError_t check_attributes(const cudaLaunchConfig_t& config) {
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    const cudaLaunchAttribute& attribute = config.attrs[i];
    const auto& cluster = attribute.val.clusterDim;
    switch (attribute.id) {
      case cudaLaunchAttributeCooperative:  // blocks run one after the other
        if (attribute.val.cooperative != 0) return cudaErrorNotSupported;
        break;
      case cudaLaunchAttributeClusterDimension:
        if (cluster.x != 1 || cluster.y != 1 || cluster.z != 1) return cudaErrorNotSupported;
        break;
      case cudaLaunchAttributeIgnore:
      case cudaLaunchAttributeProgrammaticStreamSerialization:
      case cudaLaunchAttributePriority:
      case cudaLaunchAttributePreferredSharedMemoryCarveout:
        break;
      default:
        return cudaErrorInvalidValue;
    }
  }
  return cudaSuccess;
}

cudaError_t check_launch(const cudaLaunchConfig_t& config, const void* kernel) {
  const dim3 &grid = config.gridDim, &block = config.blockDim;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffffu || grid.y > 65535 ||
      grid.z > 65535) {
    return cudaErrorInvalidConfiguration;
  }
  if (block.x == 0 || block.y == 0 || block.z == 0 || block.x > 1024 || block.y > 1024 ||
      block.z > 64 || block.x * block.y * block.z > kMaxThreads) {
    return cudaErrorInvalidConfiguration;
  }
  if (config.dynamicSmemBytes > dynamic_limit(kernel)) return cudaErrorInvalidValue;
  return check_attributes(config);
}

}  // namespace

cudaError_t launch_kernel(const cudaLaunchConfig_t& config, const void* kernel,
                          std::function<void()> thread, std::vector<const void*> pointers) {
  return api_call([&] {
    cudaError_t error =
        kernel == nullptr ? cudaErrorInvalidDeviceFunction : check_launch(config, kernel);
    if (error == cudaSuccess) {
      KernelLaunch launch{kernel,
                          config.gridDim,
                          config.blockDim,
                          config.dynamicSmemBytes,
                          std::move(thread),
                          std::move(pointers)};
      error = enqueue(config.stream, cudaGraphNodeTypeKernel,
                      [launch = std::move(launch)] { run_grid(launch); });
    }
    if (error != cudaSuccess) remember_launch_error(kernel, error);
    return error;
  });
}

cudaError_t set_function_attribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  return api_call([&] {
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) {
      return value >= -1 && value <= 100 ? cudaSuccess : cudaErrorInvalidValue;
    }
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
        static_cast<std::size_t>(value) > kSharedPerBlockLimit) {
      return cudaErrorInvalidValue;
    }
    dynamic_limits()[kernel] = value;
    return cudaSuccess;
  });
}

cudaError_t function_attributes(cudaFuncAttributes* attributes, const void* kernel) {
  return api_call([&] {
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    *attributes = {};
    attributes->maxThreadsPerBlock = kMaxThreads;
    attributes->numRegs = 32;
    attributes->ptxVersion = attributes->binaryVersion = 90;
    attributes->maxDynamicSharedSizeBytes = static_cast<int>(dynamic_limit(kernel));
    attributes->preferredShmemCarveout = -1;
    return cudaSuccess;
  });
}

cudaError_t blocks_per_multiprocessor(int* blocks, const void* kernel, int block_size,
                                      std::size_t dynamic_bytes) {
  return api_call([&] {
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    if (block_size <= 0) return cudaErrorInvalidValue;
    if (block_size > static_cast<int>(kMaxThreads) || dynamic_bytes > dynamic_limit(kernel)) {
      *blocks = 0;
      return cudaSuccess;
    }
    const int by_threads = 2048 / ((block_size + 31) / 32 * 32);
    const auto by_shared = static_cast<int>(kSharedPerMultiprocessor / (dynamic_bytes + 1024));
    *blocks = std::min({32, by_threads, by_shared});
    return cudaSuccess;
  });
}

}  // namespace cuda_emulation
