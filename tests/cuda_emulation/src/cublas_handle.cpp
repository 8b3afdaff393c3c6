// SPDX-License-Identifier: MIT
// cuBLAS handles and status words.
#include "cublas_handle.h"

#include <set>

#include "device_memory.h"
#include "runtime.h"

namespace cuda_emulation {
namespace {

std::set<cublasHandle_t>& live_handles() {
  static auto* all = new std::set<cublasHandle_t>;
  return *all;
}

/// Runs `body` with the handle, if there is such a handle.
template <class Body>
cublasStatus_t with_handle(cublasHandle_t handle, Body body) {
  const RuntimeLock lock;
  if (!is_live(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  return body(*handle);
}

}  // namespace

bool is_live(cublasHandle_t handle) { return live_handles().count(handle) != 0; }

}  // namespace cuda_emulation

using namespace cuda_emulation;

#define KILN_EMULATION_NAME(name, value, words) \
  case name:                                    \
    return #name;
#define KILN_EMULATION_WORDS(name, value, words) \
  case name:                                     \
    return words;

const char* cublasGetStatusName(cublasStatus_t status) {
  switch (status) { KILN_EMULATION_CUBLAS_STATUSES(KILN_EMULATION_NAME) }
  return "unknown status";
}

const char* cublasGetStatusString(cublasStatus_t status) {
  switch (status) { KILN_EMULATION_CUBLAS_STATUSES(KILN_EMULATION_WORDS) }
  return "unknown status";
}

cublasStatus_t cublasCreate(cublasHandle_t* handle) {
  const RuntimeLock lock;
  if (handle == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  *handle = new cublasContext;
  live_handles().insert(*handle);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  const RuntimeLock lock;
  if (live_handles().erase(handle) == 0) return CUBLAS_STATUS_NOT_INITIALIZED;
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetVersion(cublasHandle_t handle, int* version) {
  return with_handle(handle, [&](cublasContext&) {
    *version = 130000;
    return CUBLAS_STATUS_SUCCESS;
  });
}

cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  return with_handle(handle, [&](cublasContext& context) {
    context.stream = stream;
    return CUBLAS_STATUS_SUCCESS;
  });
}

cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream) {
  return with_handle(handle, [&](cublasContext& context) {
    *stream = context.stream;
    return CUBLAS_STATUS_SUCCESS;
  });
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  return with_handle(handle, [&](cublasContext& context) {
    context.math = mode;
    return CUBLAS_STATUS_SUCCESS;
  });
}

cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode) {
  return with_handle(handle, [&](cublasContext& context) {
    *mode = context.math;
    return CUBLAS_STATUS_SUCCESS;
  });
}

cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode) {
  return with_handle(handle, [&](cublasContext&) {
    return mode == CUBLAS_POINTER_MODE_HOST ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED;
  });
}

cublasStatus_t cublasSetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t) {
  return with_handle(handle, [](cublasContext&) { return CUBLAS_STATUS_SUCCESS; });
}

cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  return with_handle(handle, [&](cublasContext&) {
    return bytes == 0 || device_memory().is_device(workspace, bytes) ? CUBLAS_STATUS_SUCCESS
                                                                     : CUBLAS_STATUS_INVALID_VALUE;
  });
}

#undef KILN_EMULATION_NAME
#undef KILN_EMULATION_WORDS
