// SPDX-License-Identifier: MIT
// What every call of the host API goes through: one lock, the sticky error, the last error.
#pragma once

#include <mutex>
#include <string>

#include "cuda_emulation/error.h"
#include "faults.h"

namespace cuda_emulation {

std::recursive_mutex& runtime_mutex();

class RuntimeLock {
 public:
  RuntimeLock() : lock_(runtime_mutex()) {}

 private:
  std::lock_guard<std::recursive_mutex> lock_;
};

/// The calling thread's last error.
cudaError_t& last_error();

/// Set while the device runs: a host function on a stream may call nothing.
bool& device_is_running();

/// A launch that failed is remembered until somebody asks for the last error.
void remember_launch_error(const void* kernel, cudaError_t error);
void forget_launch_error();
/// Reports a launch error that nobody has asked for.
void report_launch_error();

/// Runs the body of an API function.
template <class Body>
cudaError_t api_call(Body body) {
  const RuntimeLock lock;
  if (device_is_running()) return last_error() = cudaErrorNotPermitted;
  cudaError_t error = sticky_error();
  if (error == cudaSuccess) error = body();
  if (error != cudaSuccess && error != cudaErrorNotReady) last_error() = error;
  return error;
}

}  // namespace cuda_emulation
