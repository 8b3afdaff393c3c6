// SPDX-License-Identifier: MIT
// The backends that a kernel test is written once for: the CPU in float and double and, in CUDA
// builds, a device (real or emulated) in float. A backend has Real, stream(), its memory,
// unusable(), the reason to skip where there is no device, and checks_accesses, whether it reports
// each access outside an allocation by itself.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <string>

#include "kernels/stream.h"
#ifdef KILN_HAS_CUDA
#include "kernels/cuda_device.h"
#endif

namespace kiln::test {

template <class T>
struct Cpu {
  using Real = T;
  static constexpr const char* name = sizeof(T) == sizeof(float) ? "CpuFloat" : "CpuDouble";
#ifdef __SANITIZE_ADDRESS__
  static constexpr bool checks_accesses = true;
#else
  static constexpr bool checks_accesses = false;
#endif
  static constexpr std::align_val_t alignment{64};

  static kernels::CpuStream stream() { return {}; }
  static std::string unusable() { return {}; }
  static void* allocate(std::size_t bytes) {
    return bytes == 0 ? nullptr : ::operator new(bytes, alignment);
  }
  static void free(void* data) noexcept { ::operator delete(data, alignment); }
  static void upload(const void* host, void* data, std::size_t bytes) {
    if (bytes != 0) std::memcpy(data, host, bytes);
  }
  static void download(const void* data, void* host, std::size_t bytes) {
    if (bytes != 0) std::memcpy(host, data, bytes);
  }
};
using CpuFloat = Cpu<float>;
using CpuDouble = Cpu<double>;

#ifdef KILN_HAS_CUDA
struct CudaFloat {
  using Real = float;
  static constexpr const char* name = "CudaFloat";
#ifdef KILN_CUDA_EMULATED
  static constexpr bool checks_accesses = true;
#else
  static constexpr bool checks_accesses = false;
#endif

  static kernels::CudaStream stream() {
    static const kernels::CudaStream created = kernels::cuda_create_stream();
    return created;
  }
  static std::string unusable() {
    std::string reason;
    return kernels::cuda_device_count(reason) > 0 ? std::string() : reason;
  }
  static void* allocate(std::size_t bytes) { return kernels::cuda_allocate(bytes); }
  static void free(void* data) noexcept { kernels::cuda_free(data); }
  static void upload(const void* host, void* data, std::size_t bytes) {
    kernels::cuda_copy_to_device(stream(), host, data, bytes);
  }
  static void download(const void* data, void* host, std::size_t bytes) {
    kernels::cuda_copy_to_host(stream(), data, host, bytes);
  }
};
using Backends = ::testing::Types<CpuFloat, CpuDouble, CudaFloat>;
#else
using Backends = ::testing::Types<CpuFloat, CpuDouble>;
#endif

// Names the tests of a typed suite: Suite/CudaFloat.Test.
struct BackendNames {
  template <class Backend>
  static std::string GetName(int) {
    return Backend::name;
  }
};

// The fixture of a test of `Backend`; skips by name where it has no device.
template <class Backend>
class BackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = Backend::unusable();
    if (!reason.empty()) GTEST_SKIP() << Backend::name << " cannot run: " << reason;
  }
};

template <class Backend>
inline constexpr double kEpsilon = std::numeric_limits<typename Backend::Real>::epsilon();

}  // namespace kiln::test
