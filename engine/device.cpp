// SPDX-License-Identifier: MIT
#include "engine/device.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "engine/huge_pages.h"
#include "engine/memory_pool.h"
#ifdef KILN_HAS_CUDA
#include "kernels/cuda_device.h"
#endif

namespace kiln {

struct Device::Context {
  DeviceType type;
  kernels::CudaStream stream;
  std::string description;
  MemoryPool pool;
};

namespace {

constexpr std::align_val_t kAlignment{64};

void* allocate_on_cpu(std::size_t bytes) {
  void* data = ::operator new(bytes, kAlignment, std::nothrow);
  if (data == nullptr) {
    throw Error("[allocate] out of memory: asked for " + std::to_string(bytes) + " bytes");
  }
  advise_huge_pages(data, bytes);
  return data;
}

}  // namespace

// Contexts are never destroyed: tensors in static storage may outlive any order of destruction, and
// the process returns the memory.
Device Device::cpu() {
  static Context* context =
      new Context{DeviceType::cpu, {}, "", MemoryPool(allocate_on_cpu, [](void* data) {
                    ::operator delete(data, kAlignment);
                  })};
  return Device(context);
}

Device Device::cuda(int index) {
#ifdef KILN_HAS_CUDA
  static std::mutex mutex;
  static auto* contexts = new std::map<int, Context*>;
  const std::lock_guard lock(mutex);
  // Cached memory goes back at exit, while the runtime still listens: what a leak checker finds
  // then is a leak.
  static const int registered = std::atexit([] {
    for (const auto& [number, context] : *contexts) context->pool.release();
  });
  static_cast<void>(registered);
  if (const auto found = contexts->find(index); found != contexts->end()) {
    return Device(found->second);
  }
  std::string reason;
  const int count = kernels::cuda_device_count(reason);
  if (count == 0) throw Error("device cuda cannot be used: " + reason);
  if (index < 0 || index >= count) {
    throw Error("device cuda:" + std::to_string(index) + " cannot be used: there are " +
                std::to_string(count) + " GPUs");
  }
  kernels::cuda_select_device(index);
  const kernels::CudaDeviceInfo info = kernels::cuda_device_info(index);
  std::string description = info.name + " (sm_" + std::to_string(info.major) +
                            std::to_string(info.minor) + ", " +
                            std::to_string(info.memory_bytes >> 30) + " GiB)";
  auto* context =
      new Context{DeviceType::cuda, kernels::cuda_create_stream(), std::move(description),
                  MemoryPool(kernels::cuda_allocate, kernels::cuda_free)};
  contexts->emplace(index, context);
  return Device(context);
#else
  static_cast<void>(index);
  throw Error("device cuda cannot be used: this build of Kiln has no CUDA");
#endif
}

Device Device::from_name(std::string_view name) {
  if (name == "cpu") return cpu();
  if (name == "cuda") return cuda();
  if (name != "auto") {
    throw Error("device '" + std::string(name) + "' is unknown: use auto, cpu or cuda");
  }
#ifdef KILN_HAS_CUDA
  std::string reason;
  if (kernels::cuda_device_count(reason) > 0) {
    try {
      return cuda();
    } catch (const Error&) {
      return cpu();  // a GPU that this build has no code for
    }
  }
#endif
  return cpu();
}

DeviceType Device::type() const { return context_->type; }

std::string Device::description() const {
  if (!is_cpu()) return context_->description;
  const int threads = num_threads();
  return "CPU, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

MemoryPool& Device::pool() const { return context_->pool; }

kernels::CudaStream Device::cuda_stream() const { return context_->stream; }

void Device::copy_from_host(const void* host, void* device, std::size_t bytes) const {
  if (bytes == 0) return;
#ifdef KILN_HAS_CUDA
  if (!is_cpu()) return kernels::cuda_copy_to_device(cuda_stream(), host, device, bytes);
#endif
  std::memcpy(device, host, bytes);
}

void Device::copy_to_host(const void* device, void* host, std::size_t bytes) const {
  if (bytes == 0) return;
#ifdef KILN_HAS_CUDA
  if (!is_cpu()) return kernels::cuda_copy_to_host(cuda_stream(), device, host, bytes);
#endif
  std::memcpy(host, device, bytes);
}

void Device::copy(const void* from, void* to, std::size_t bytes) const {
  if (bytes == 0) return;
#ifdef KILN_HAS_CUDA
  if (!is_cpu()) return kernels::cuda_copy_on_device(cuda_stream(), from, to, bytes);
#endif
  std::memcpy(to, from, bytes);
}

void Device::synchronize() const {
#ifdef KILN_HAS_CUDA
  if (!is_cpu()) kernels::cuda_synchronize(cuda_stream());
#endif
}

void set_num_threads(int threads) {
#ifdef _OPENMP
  static const int team_at_start = omp_get_max_threads();
  omp_set_num_threads(threads > 0 ? threads : team_at_start);
#else
  static_cast<void>(threads);
#endif
}

int num_threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

}  // namespace kiln
