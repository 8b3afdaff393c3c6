// SPDX-License-Identifier: MIT
// The state behind every API call.
#include "runtime.h"

#include <cstdlib>

#include "kernel_name.h"

namespace cuda_emulation {
namespace {
struct LaunchError {
  const void* kernel = nullptr;
  cudaError_t error = cudaSuccess;
};
LaunchError unasked;
}  // namespace

std::recursive_mutex& runtime_mutex() {
  static auto* mutex = new std::recursive_mutex;
  return *mutex;
}

cudaError_t& last_error() {
  thread_local cudaError_t error = cudaSuccess;
  return error;
}

bool& device_is_running() {
  static bool running = false;
  return running;
}

void remember_launch_error(const void* kernel, cudaError_t error) {
  [[maybe_unused]] static const int registered = std::atexit(report_launch_error);
  unasked = {kernel, error};
}

void forget_launch_error() { unasked = {}; }

void report_launch_error() {
  if (unasked.error == cudaSuccess) return;
  report("launch of kernel " + kernel_name(unasked.kernel) + " failed with " +
         cudaGetErrorName(unasked.error) + " and nobody asked for the error");
  unasked = {};
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

#define KILN_EMULATION_NAME(name, value, words) \
  case name:                                    \
    return #name;
#define KILN_EMULATION_WORDS(name, value, words) \
  case name:                                     \
    return words;

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) { KILN_EMULATION_ERRORS(KILN_EMULATION_NAME) }
  return "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) { KILN_EMULATION_ERRORS(KILN_EMULATION_WORDS) }
  return "unrecognized error code";
}

cudaError_t cudaPeekAtLastError() {
  const RuntimeLock lock;
  forget_launch_error();
  return sticky_error() != cudaSuccess ? sticky_error() : last_error();
}

cudaError_t cudaGetLastError() {
  const RuntimeLock lock;
  const cudaError_t error = cudaPeekAtLastError();
  last_error() = cudaSuccess;
  return error;
}

#undef KILN_EMULATION_NAME
#undef KILN_EMULATION_WORDS
