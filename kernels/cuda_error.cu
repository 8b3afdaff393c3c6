// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "kernels/cuda_error.h"
#include "kernels/cuda_graph.h"

namespace kiln::kernels {
namespace {

// By number, which CUDA keeps, since not every version and not the emulated device knows all names.
enum RuntimeCode {
  kInvalidDeviceFunction = 98,
  kInvalidKernelImage = 200,
  kNoKernelImageForDevice = 209,
  kEccUncorrectable = 214,
  kInvalidPtx = 218,
  kNvlinkUncorrectable = 220,
  kUnsupportedPtxVersion = 222,
  kIllegalAddress = 700,
  kLaunchTimeout = 702,
  kAssert = 710,
  kHardwareStackError = 714,
  kLaunchFailure = 719,
};

thread_local LaunchInfo last_launch;
std::atomic<LaunchObserver> launch_observer = nullptr;

// A stream that is being captured runs nothing, and to wait for it would end the capture.
cudaError_t wait_unless_capturing(cudaStream_t stream) {
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  const cudaError_t status = cudaStreamIsCapturing(stream, &capture);
  if (status != cudaSuccess || capture != cudaStreamCaptureStatusNone) return status;
  return cudaStreamSynchronize(stream);
}

std::string words(cudaError_t status) {
  return std::string("CUDA: ") + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")";
}

std::string describe(const dim3& size) {
  return std::to_string(size.x) + "x" + std::to_string(size.y) + "x" + std::to_string(size.z);
}

std::string describe(const LaunchInfo& launch) {
  return "grid " + describe(launch.grid) + ", block " + describe(launch.block) + ", " +
         std::to_string(launch.shared_bytes) + " bytes of dynamic shared memory";
}

std::string version(int cuda) {
  return std::to_string(cuda / 1000) + "." + std::to_string(cuda % 1000 / 10);
}

[[noreturn]] void throw_error(const char* what, const std::string& message) {
  cudaGetLastError();  // reported here; a later call must not report it again
  throw Error(std::string("[") + what + "] " + message);
}

}  // namespace

// KILN_CUDA_SYNC is read once: it is set before the program starts.
bool cuda_launches_synchronise() {
  static const bool synchronise = [] {
    const char* const setting = std::getenv("KILN_CUDA_SYNC");
    return setting != nullptr && std::string_view(setting) != "" &&
           std::string_view(setting) != "0";
  }();
  return synchronise;
}

void check_cuda(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::string message = words(status);
  if (is_fault(status)) {
    message += " in work that was queued earlier";
    if (last_launch.op != nullptr) {
      message += std::string(", at or before '") + last_launch.op + "' (" + describe(last_launch) +
                 "), the last launch of this thread";
    }
    message += cuda_launches_synchronise()
                   ? "; it was not one of launch()'s kernels outside a graph"
                   : "; run with KILN_CUDA_SYNC=1 to see which";
    message += "; this process cannot use the GPU any more";
  }
  throw_error(what, message);
}

void before_launch(const LaunchInfo& launch, cudaStream_t stream) {
  if (const LaunchObserver observer = launch_observer.load(std::memory_order_relaxed)) {
    observer(launch);
  }
  if (cuda_launches_synchronise()) check_cuda(wait_unless_capturing(stream), launch.op);
}

void after_launch(cudaError_t status, const LaunchInfo& launch, cudaStream_t stream) {
  if (status != cudaSuccess) {
    if (is_fault(status)) check_cuda(status, launch.op);
    throw_error(launch.op, words(status) + ", " + describe(launch));
  }
  last_launch = launch;
  if (!cuda_launches_synchronise()) return;
  status = wait_unless_capturing(stream);
  if (status != cudaSuccess)
    throw_error(launch.op, words(status) + " in this launch, " + describe(launch));
}

void observe_launches(LaunchObserver observer) { launch_observer = observer; }

std::string no_device_reason(cudaError_t status, int driver, int runtime) {
  if (status == cudaErrorInsufficientDriver) {
    if (driver == 0) return "no NVIDIA driver is installed";
    return "the NVIDIA driver is too old: it supports CUDA " + version(driver) +
           ", this build needs CUDA " + version(runtime / 1000 * 1000);
  }
  if (status == cudaErrorNoDevice || status == cudaSuccess) return "no NVIDIA GPU was found";
  return words(status);
}

bool is_missing_code(cudaError_t status) {
  switch (static_cast<int>(status)) {
    case kInvalidDeviceFunction:
    case kInvalidKernelImage:
    case kNoKernelImageForDevice:
    case kInvalidPtx:
    case kUnsupportedPtxVersion:
      return true;
    default:
      return false;
  }
}

std::string missing_code_reason(cudaError_t status, const std::string& gpu, int major, int minor,
                                const std::vector<int>& built_for, int driver, int runtime) {
  std::string reason =
      gpu + " is sm_" + std::to_string(10 * major + minor) + ", and this build has kernels for ";
  for (std::size_t i = 0; i < built_for.size(); ++i) {
    reason += (i == 0 ? "sm_" : ", sm_") + std::to_string(built_for[i] / 10);
  }
  if (static_cast<int>(status) == kUnsupportedPtxVersion) {
    return reason + " and PTX of CUDA " + version(runtime) + ", which the driver, of CUDA " +
           version(driver) + ", is too old to compile";
  }
  return reason + "; build Kiln with this number in CMAKE_CUDA_ARCHITECTURES (" +
         cudaGetErrorName(status) + ")";
}

bool is_fault(cudaError_t status) {
  const int code = static_cast<int>(status);
  return code == kEccUncorrectable || code == kNvlinkUncorrectable || code == kIllegalAddress ||
         code == kLaunchTimeout || code == kAssert ||
         (code >= kHardwareStackError && code <= kLaunchFailure);
}

}  // namespace kiln::kernels
