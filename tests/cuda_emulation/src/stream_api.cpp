// SPDX-License-Identifier: MIT
// Streams.
#include "call_counters.h"
#include "capture.h"
#include "device_memory.h"
#include "runtime.h"
#include "synchronize.h"

namespace cuda_emulation {

cudaError_t after_waiting() {
  ++call_counters().synchronizations;
  report_launch_error();
  const std::string damage = sticky_error() == cudaSuccess ? device_memory().damage() : "";
  if (!damage.empty()) {
    raise_fault(cudaErrorIllegalAddress, "write " + damage + ", made by the host");
  }
  return sticky_error();
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  return api_call([&] {
    if (stream == nullptr || flags > cudaStreamNonBlocking) return cudaErrorInvalidValue;
    *stream = streams().create(flags != cudaStreamNonBlocking);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned int flags, int) {
  return cudaStreamCreateWithFlags(stream, flags);
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return api_call([&] {
    *least = 0;
    *greatest = -5;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamGetFlags(cudaStream_t handle, unsigned int* flags) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    *flags = stream->blocking ? cudaStreamDefault : cudaStreamNonBlocking;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr || stream == streams().null_stream()) {
      return cudaErrorInvalidResourceHandle;
    }
    if (stream->capture != nullptr) return invalidate(*stream->capture);
    streams().destroy(stream);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture != nullptr) return invalidate(*stream->capture);
    if (stream == streams().null_stream()) {
      if (const cudaError_t error = forbid_null_stream_in_capture()) return error;
    }
    streams().run_all(stream);
    return after_waiting();
  });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture != nullptr) return invalidate(*stream->capture);
    if (stream->work.empty()) return cudaSuccess;
    streams().run_front(stream);
    return sticky_error() != cudaSuccess ? sticky_error() : cudaErrorNotReady;
  });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* user_data) {
  return api_call([&] {
    if (function == nullptr) return cudaErrorInvalidValue;
    return enqueue(stream, cudaGraphNodeTypeHost, [=] { function(user_data); });
  });
}

cudaError_t cudaDeviceSynchronize() {
  return api_call([&] {
    if (const cudaError_t error = forbid_in_capture()) return error;
    streams().run_everything();
    return after_waiting();
  });
}

cudaError_t cudaDeviceReset() {
  const RuntimeLock lock;
  if (device_is_running()) return cudaErrorNotPermitted;
  streams().drop_everything();
  device_memory().free_all();
  forget_faults();
  forget_launch_error();
  last_error() = cudaSuccess;
  return cudaSuccess;
}
