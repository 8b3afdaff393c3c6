// SPDX-License-Identifier: MIT
// Where tensors live and kernels run: the CPU, or one CUDA GPU. A Device is a small handle; the
// memory pool and the stream behind it are made once and shared.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "kernels/error.h"
#include "kernels/stream.h"

namespace kiln {

class MemoryPool;

enum class DeviceType { cpu, cuda };

class Device {
 public:
  static Device cpu();

  // Throws an Error that says what is absent: CUDA in this build, the driver, or the GPU.
  static Device cuda(int index = 0);

  // "cpu", "cuda", or "auto": the GPU where there is one, else the CPU.
  static Device from_name(std::string_view name);

  DeviceType type() const;
  bool is_cpu() const { return type() == DeviceType::cpu; }
  // For people: "CPU, 2 threads" or "NVIDIA H100 (sm_90, 80 GiB)".
  std::string description() const;
  // "cpu" or "cuda", as in error messages.
  const char* name() const { return is_cpu() ? "cpu" : "cuda"; }

  MemoryPool& pool() const;
  void copy_from_host(const void* host, void* device, std::size_t bytes) const;
  void copy_to_host(const void* device, void* host, std::size_t bytes) const;
  // Copies within this device.
  void copy(const void* from, void* to, std::size_t bytes) const;
  // Returns when all queued work has finished.
  void synchronize() const;

  // Calls f with the stream type of this device, from which kernels choose their twin.
  template <class F>
  void run(F&& f) const {
#ifdef KILN_HAS_CUDA
    if (!is_cpu()) return f(cuda_stream());
#endif
    f(kernels::CpuStream{});
  }

  friend bool operator==(const Device& a, const Device& b) { return a.context_ == b.context_; }

 private:
  struct Context;
  explicit Device(Context* context) : context_(context) {}
  kernels::CudaStream cuda_stream() const;

  Context* context_;
};

// Threads that CPU kernels use from now on; 0 asks for OpenMP's own choice: OMP_NUM_THREADS, or one
// a core that this process may run on.
void set_num_threads(int threads);
int num_threads();

}  // namespace kiln
