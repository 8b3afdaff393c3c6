// SPDX-License-Identifier: MIT
// The CUDA header of this name: general matrix products in float and double. Every element is one
// chain of fused multiply-adds in ascending k; with beta == 0 the old content of C is not read.
// Scalars are host pointers.
#pragma once

#include <cstddef>

#include "cuda_runtime_api.h"

/// X(name, value, words)
#define KILN_EMULATION_CUBLAS_STATUSES(X)                                                 \
  X(CUBLAS_STATUS_SUCCESS, 0, "success")                                                  \
  X(CUBLAS_STATUS_NOT_INITIALIZED, 1, "the library was not initialized")                  \
  X(CUBLAS_STATUS_ALLOC_FAILED, 3, "the resource allocation failed")                      \
  X(CUBLAS_STATUS_INVALID_VALUE, 7,                                                       \
    "an unsupported value or parameter was passed to the function")                       \
  X(CUBLAS_STATUS_ARCH_MISMATCH, 8,                                                       \
    "the requested functionality requires a feature absent from the device architecture") \
  X(CUBLAS_STATUS_MAPPING_ERROR, 11, "an access to GPU memory space failed")              \
  X(CUBLAS_STATUS_EXECUTION_FAILED, 13, "the function failed to launch on the GPU")       \
  X(CUBLAS_STATUS_INTERNAL_ERROR, 14, "an internal operation failed")                     \
  X(CUBLAS_STATUS_NOT_SUPPORTED, 15, "the functionality requested is not supported")

#define KILN_EMULATION_CUBLAS_STATUS(name, value, words) name = value,
enum cublasStatus_t { KILN_EMULATION_CUBLAS_STATUSES(KILN_EMULATION_CUBLAS_STATUS) };
#undef KILN_EMULATION_CUBLAS_STATUS

using cublasHandle_t = struct cublasContext*;

enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1, CUBLAS_OP_C = 2 };
enum cublasMath_t {
  CUBLAS_DEFAULT_MATH = 0,
  CUBLAS_PEDANTIC_MATH = 2,
  CUBLAS_TF32_TENSOR_OP_MATH = 3,
  CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION = 16,
};
enum cublasPointerMode_t { CUBLAS_POINTER_MODE_HOST = 0, CUBLAS_POINTER_MODE_DEVICE = 1 };
enum cublasAtomicsMode_t { CUBLAS_ATOMICS_NOT_ALLOWED = 0, CUBLAS_ATOMICS_ALLOWED = 1 };
enum cublasComputeType_t {
  CUBLAS_COMPUTE_32F = 68,
  CUBLAS_COMPUTE_32F_PEDANTIC = 69,
  CUBLAS_COMPUTE_64F = 70,
  CUBLAS_COMPUTE_64F_PEDANTIC = 71,
  CUBLAS_COMPUTE_32F_FAST_16BF = 75,
  CUBLAS_COMPUTE_32F_FAST_TF32 = 77,
};
enum cublasGemmAlgo_t { CUBLAS_GEMM_DEFAULT = -1, CUBLAS_GEMM_DEFAULT_TENSOR_OP = 99 };
enum cudaDataType_t { CUDA_R_32F = 0, CUDA_R_64F = 1, CUDA_R_16F = 2, CUDA_R_16BF = 14 };
using cudaDataType = cudaDataType_t;

const char* cublasGetStatusName(cublasStatus_t status);
const char* cublasGetStatusString(cublasStatus_t status);
cublasStatus_t cublasCreate(cublasHandle_t* handle);
cublasStatus_t cublasDestroy(cublasHandle_t handle);
cublasStatus_t cublasGetVersion(cublasHandle_t handle, int* version);
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream);
cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream);
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode);
cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode);
/// Errors: CUBLAS_STATUS_NOT_SUPPORTED for scalars on the device.
cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode);
cublasStatus_t cublasSetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t mode);
/// The workspace has to be device memory; the products do not need it.
cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, std::size_t bytes);

/// C = alpha op(A) op(B) + beta C, column-major, op(A) m x k, op(B) k x n, C m x n.
cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                           int m, int n, int k, const float* alpha, const float* a, int lda,
                           const float* b, int ldb, const float* beta, float* c, int ldc);
cublasStatus_t cublasDgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                           int m, int n, int k, const double* alpha, const double* a, int lda,
                           const double* b, int ldb, const double* beta, double* c, int ldc);
/// The same for `batch` matrices, `stride` elements apart; a stride of 0 repeats A or B.
cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t op_a,
                                         cublasOperation_t op_b, int m, int n, int k,
                                         const float* alpha, const float* a, int lda,
                                         long long stride_a, const float* b, int ldb,
                                         long long stride_b, const float* beta, float* c, int ldc,
                                         long long stride_c, int batch);
/// All three types CUDA_R_32F with a 32F compute type, or CUDA_R_64F with a 64F one.
/// Errors: CUBLAS_STATUS_NOT_SUPPORTED for others.
cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                            int m, int n, int k, const void* alpha, const void* a,
                            cudaDataType type_a, int lda, const void* b, cudaDataType type_b,
                            int ldb, const void* beta, void* c, cudaDataType type_c, int ldc,
                            cublasComputeType_t compute_type, cublasGemmAlgo_t algorithm);
