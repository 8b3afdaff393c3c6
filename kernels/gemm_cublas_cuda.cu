// SPDX-License-Identifier: MIT
// gemm.h on cuBLAS. cuBLAS is column-major, and a row-major matrix is its transpose seen by
// columns: C^T = op(B)^T op(A)^T, so the operands change places and keep their transpose flags.
#include <cublas_v2.h>

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "kernels/column_strip.cuh"
#include "kernels/gemm_cuda.h"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

// c[i,j] = act(c[i,j] + bias[j])
template <class Act>
__global__ void bias_activation_kernel(int width_log2, Act act, const float* bias, float* c,
                                       std::int64_t rows, std::int64_t cols) {
  const StripPlace place(width_log2);
  if (place.col >= cols) return;
  const float bias_value = bias != nullptr ? bias[place.col] : 0.0f;
  for (std::int64_t i = place.row; i < rows; i += place.row_step) {
    float& element = c[i * cols + place.col];
    element = act.forward(element + bias_value);
  }
}

// ---- launchers

namespace {

void check_cublas(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    throw Error(std::string("[gemm] ") + call + ": " + cublasGetStatusString(status));
  }
}

struct DestroyHandle {
  void operator()(cublasHandle_t handle) const { cublasDestroy(handle); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<cublasHandle_t>, DestroyHandle>;

// This thread's handle on the current device, made on first use. fp32 products are exact fp32 in
// the default math mode; TF32 would have to be asked for.
cublasHandle_t thread_handle() {
  thread_local std::map<int, Handle> handles;
  int device = 0;
  check_cuda(cudaGetDevice(&device), "gemm");
  Handle& handle = handles[device];
  if (handle == nullptr) {
    cublasHandle_t created = nullptr;
    check_cublas(cublasCreate(&created), "cublasCreate");
    handle.reset(created);
    check_cublas(cublasSetMathMode(created, CUBLAS_DEFAULT_MATH), "cublasSetMathMode");
  }
  return handle.get();
}

int checked_int(std::int64_t size) {
  if (size > std::numeric_limits<int>::max()) {
    throw Error("[gemm] cuBLAS takes sizes below 2^31, not " + std::to_string(size));
  }
  return static_cast<int>(size);
}

cublasOperation_t operation(bool transpose) { return transpose ? CUBLAS_OP_T : CUBLAS_OP_N; }

}  // namespace

void gemm_cublas(CudaStream stream, const GemmArgs<float>& args) {
  if (args.k == 0) {
    if (!args.accumulate) {
      const auto bytes = static_cast<std::size_t>(args.m * args.n) * sizeof(float);
      check_cuda(cudaMemsetAsync(args.c, 0, bytes, native(stream)), "gemm");
    }
  } else {
    const int m = checked_int(args.m);
    const int n = checked_int(args.n);
    const int k = checked_int(args.k);
    const float alpha = 1;
    const float beta = args.accumulate ? 1 : 0;
    const cublasHandle_t handle = thread_handle();
    check_cublas(cublasSetStream(handle, native(stream)), "cublasSetStream");
    check_cublas(cublasSgemm(handle, operation(args.transpose_b), operation(args.transpose_a), n, m,
                             k, &alpha, args.b, args.transpose_b ? k : n, args.a,
                             args.transpose_a ? m : k, &beta, args.c, n),
                 "cublasSgemm");
  }
  if (args.bias == nullptr && args.activation.kind == ActivationKind::identity) return;
  with_activation(args.activation, [&](auto act) {
    launch("gemm", bias_activation_kernel<decltype(act)>, strip_grid(args.m, args.n), kBlockSize, 0,
           stream, strip_width_log2(args.n), act, args.bias, args.c, args.m, args.n);
  });
}

}  // namespace kiln::kernels
