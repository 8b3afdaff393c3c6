// SPDX-License-Identifier: MIT
// One matrix product of cuBLASLt: made from descriptors and checked, then run.
#pragma once

#include "cublaslt_descriptors.h"
#include "gemm.h"

namespace cuda_emulation {

struct LtProblem {
  Gemm<float> product;  // C is D's memory; its own is below
  const float* c;
  std::int64_t c_ld;
  cublasComputeType_t compute;
  unsigned epilogue;
  float* bias;  // or its gradient
  unsigned char* mask;
  std::int64_t mask_ld;
};

/// Fills in all but scalars and matrices. Errors: CUBLAS_STATUS_INVALID_VALUE for descriptors that
/// contradict each other, CUBLAS_STATUS_NOT_SUPPORTED for what the emulation does not do.
cublasStatus_t make_problem(cublasLtMatmulDesc_t description, cublasLtMatrixLayout_t a,
                            cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                            cublasLtMatrixLayout_t d, LtProblem& problem);

/// Null if the problem can run; else which of its pointers is not device memory of the right size.
const char* misplaced(const LtProblem& problem);
void run_problem(const LtProblem& problem);

}  // namespace cuda_emulation
