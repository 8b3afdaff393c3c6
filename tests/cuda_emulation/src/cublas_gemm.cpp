// SPDX-License-Identifier: MIT
// cuBLAS matrix products: checked arguments, then one piece of work on the handle's stream.
#include <algorithm>

#include "capture.h"
#include "cublas_handle.h"
#include "device_memory.h"
#include "gemm.h"
#include "runtime.h"

namespace cuda_emulation {
namespace {

/// The elements that a rows x columns matrix spans, all batches included.
std::int64_t span(std::int64_t rows, std::int64_t columns, std::int64_t pitch, std::int64_t stride,
                  std::int64_t batch) {
  if (rows == 0 || columns == 0) return 0;
  return (batch - 1) * stride + (columns - 1) * pitch + rows;
}

template <class T>
bool on_device(const T* pointer, std::int64_t elements) {
  return elements == 0 ||
         device_memory().is_device(pointer, static_cast<std::size_t>(elements) * sizeof(T));
}

template <class T>
bool all_on_device(const Gemm<T>& g) {
  const bool reads_product = g.alpha != T(0);
  const std::int64_t a = g.transpose_a ? span(g.k, g.m, g.lda, g.stride_a, g.batch)
                                       : span(g.m, g.k, g.lda, g.stride_a, g.batch);
  const std::int64_t b = g.transpose_b ? span(g.n, g.k, g.ldb, g.stride_b, g.batch)
                                       : span(g.k, g.n, g.ldb, g.stride_b, g.batch);
  return (!reads_product || (on_device(g.a, a) && on_device(g.b, b))) &&
         on_device(g.c, span(g.m, g.n, g.ldc, g.stride_c, g.batch));
}

bool is_valid(cublasOperation_t op) {
  return op == CUBLAS_OP_N || op == CUBLAS_OP_T || op == CUBLAS_OP_C;
}

template <class T>
cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                    const T* alpha, const T* beta, Gemm<T> g) {
  const RuntimeLock lock;
  if (!is_live(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  g.transpose_a = op_a != CUBLAS_OP_N;
  g.transpose_b = op_b != CUBLAS_OP_N;
  if (!is_valid(op_a) || !is_valid(op_b) || alpha == nullptr || beta == nullptr || g.m < 0 ||
      g.n < 0 || g.k < 0 || g.batch < 0 || g.ldc < std::max<std::int64_t>(1, g.m) ||
      g.lda < std::max<std::int64_t>(1, g.transpose_a ? g.k : g.m) ||
      g.ldb < std::max<std::int64_t>(1, g.transpose_b ? g.n : g.k)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (g.m == 0 || g.n == 0 || g.batch == 0) return CUBLAS_STATUS_SUCCESS;
  g.alpha = *alpha;
  g.beta = *beta;
  const cudaError_t error = api_call([&] {
    return enqueue(handle->stream, cudaGraphNodeTypeKernel, [g] {
      if (all_on_device(g)) {
        run_gemm(g);
      } else {
        raise_fault(cudaErrorIllegalAddress, "a matrix of a cuBLAS product is not device memory");
      }
    });
  });
  return error == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // namespace
}  // namespace cuda_emulation

using namespace cuda_emulation;

cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                           int m, int n, int k, const float* alpha, const float* a, int lda,
                           const float* b, int ldb, const float* beta, float* c, int ldc) {
  return gemm<float>(handle, op_a, op_b, alpha, beta,
                     {false, false, m, n, k, 0, a, lda, 0, b, ldb, 0, 0, c, ldc, 0, 1});
}

cublasStatus_t cublasDgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                           int m, int n, int k, const double* alpha, const double* a, int lda,
                           const double* b, int ldb, const double* beta, double* c, int ldc) {
  return gemm<double>(handle, op_a, op_b, alpha, beta,
                      {false, false, m, n, k, 0, a, lda, 0, b, ldb, 0, 0, c, ldc, 0, 1});
}

cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t op_a,
                                         cublasOperation_t op_b, int m, int n, int k,
                                         const float* alpha, const float* a, int lda,
                                         long long stride_a, const float* b, int ldb,
                                         long long stride_b, const float* beta, float* c, int ldc,
                                         long long stride_c, int batch) {
  return gemm<float>(
      handle, op_a, op_b, alpha, beta,
      {false, false, m, n, k, 0, a, lda, stride_a, b, ldb, stride_b, 0, c, ldc, stride_c, batch});
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                            int m, int n, int k, const void* alpha, const void* a,
                            cudaDataType type_a, int lda, const void* b, cudaDataType type_b,
                            int ldb, const void* beta, void* c, cudaDataType type_c, int ldc,
                            cublasComputeType_t compute_type, cublasGemmAlgo_t) {
  const auto all_are = [=](cudaDataType t) { return type_a == t && type_b == t && type_c == t; };
  if (compute_type == CUBLAS_COMPUTE_32F_FAST_16BF) return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool in_double =
      compute_type == CUBLAS_COMPUTE_64F || compute_type == CUBLAS_COMPUTE_64F_PEDANTIC;
  if (all_are(CUDA_R_32F) && !in_double) {
    return cublasSgemm(handle, op_a, op_b, m, n, k, static_cast<const float*>(alpha),
                       static_cast<const float*>(a), lda, static_cast<const float*>(b), ldb,
                       static_cast<const float*>(beta), static_cast<float*>(c), ldc);
  }
  if (all_are(CUDA_R_64F) && in_double) {
    return cublasDgemm(handle, op_a, op_b, m, n, k, static_cast<const double*>(alpha),
                       static_cast<const double*>(a), lda, static_cast<const double*>(b), ldb,
                       static_cast<const double*>(beta), static_cast<double*>(c), ldc);
  }
  return CUBLAS_STATUS_NOT_SUPPORTED;
}
