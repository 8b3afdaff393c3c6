// SPDX-License-Identifier: MIT
// cuBLASLt: the search for an algorithm, and a product as one piece of work on a stream.
#include <cstring>
#include <string>

#include "capture.h"
#include "cublaslt_problem.h"
#include "device_memory.h"
#include "runtime.h"

namespace cuda_emulation {
namespace {

/// What an algorithm remembers of its search.
struct Found {
  std::uint64_t problem;  // a hash; never 0
  std::uint64_t workspace_bytes;
  std::uint32_t alignment[4];  // of A, B, C, D
};
static_assert(sizeof(Found) <= sizeof(cublasLtMatmulAlgo_t));

std::uint64_t hash(const LtProblem& problem) {
  const Gemm<float>& g = problem.product;
  std::uint64_t sum = 1;
  for (const std::int64_t part :
       {g.m, g.n, g.k, g.lda, g.ldb, g.ldc, problem.c_ld, problem.mask_ld,
        std::int64_t{g.transpose_a}, std::int64_t{g.transpose_b},
        static_cast<std::int64_t>(problem.epilogue), static_cast<std::int64_t>(problem.compute)}) {
    sum = (sum ^ static_cast<std::uint64_t>(part)) * 0x9e3779b97f4a7c15u;
    sum ^= sum >> 29;
  }
  return sum | 1u;
}

cublasLtMatmulHeuristicResult_t result(const Found& found) {
  cublasLtMatmulHeuristicResult_t result{};
  std::memcpy(&result.algo, &found, sizeof found);
  result.workspaceSize = found.workspace_bytes;
  result.state = CUBLAS_STATUS_SUCCESS;
  result.wavesCount = 1;
  return result;
}

cublasStatus_t check_algorithm(const LtProblem& problem, const Found& found, const void* workspace,
                               std::size_t workspace_bytes) {
  if (found.problem != hash(problem)) return CUBLAS_STATUS_NOT_SUPPORTED;
  const Gemm<float>& g = problem.product;
  const void* const matrices[] = {g.a, g.b, problem.c, g.c};
  for (int i = 0; i < 4; ++i) {
    if (reinterpret_cast<std::uintptr_t>(matrices[i]) % found.alignment[i] != 0) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
  }
  const bool enough = found.workspace_bytes <= workspace_bytes &&
                      reinterpret_cast<std::uintptr_t>(workspace) % 16 == 0;
  return enough ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

void run(const LtProblem& problem, void* workspace, std::size_t workspace_bytes) {
  const char* wrong = misplaced(problem);
  if (workspace_bytes > 0 && !device_memory().is_device(workspace, workspace_bytes)) {
    wrong = "the workspace";
  }
  if (wrong != nullptr) {
    raise_fault(cudaErrorIllegalAddress,
                std::string(wrong) + " of a cuBLASLt product is not device memory");
    return;
  }
  if (workspace_bytes > 0) std::memset(workspace, 0xFF, workspace_bytes);
  run_problem(problem);
}

}  // namespace
}  // namespace cuda_emulation

using namespace cuda_emulation;

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle,
                                              cublasLtMatmulDesc_t description,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t* results,
                                              int* found) {
  const RuntimeLock lock;
  if (found != nullptr) *found = 0;
  if (!is_live(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (found == nullptr || results == nullptr || preference == nullptr || requested <= 0) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  LtProblem problem;
  const cublasStatus_t status = make_problem(description, a, b, c, d, problem);
  if (status != CUBLAS_STATUS_SUCCESS) return status;
  Found algorithm{hash(problem), 0, {}};
  std::memcpy(algorithm.alignment, preference->alignment, sizeof algorithm.alignment);
  for (const std::uint32_t alignment : algorithm.alignment) {
    if (alignment < sizeof(float)) return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  const auto wanted = static_cast<std::uint64_t>(problem.product.m * problem.product.n) * 4;
  for (const std::uint64_t workspace : {wanted, std::uint64_t{0}}) {
    if (workspace > preference->workspace_bytes || *found == requested) continue;
    algorithm.workspace_bytes = workspace;
    results[(*found)++] = result(algorithm);
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t description,
                              const void* alpha, const void* a, cublasLtMatrixLayout_t a_layout,
                              const void* b, cublasLtMatrixLayout_t b_layout, const void* beta,
                              const void* c, cublasLtMatrixLayout_t c_layout, void* d,
                              cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace,
                              std::size_t workspace_bytes, cudaStream_t stream) {
  const RuntimeLock lock;
  if (!is_live(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (alpha == nullptr || beta == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  LtProblem problem;
  cublasStatus_t status =
      make_problem(description, a_layout, b_layout, c_layout, d_layout, problem);
  if (status != CUBLAS_STATUS_SUCCESS) return status;
  problem.product.alpha = *static_cast<const float*>(alpha);
  problem.product.beta = *static_cast<const float*>(beta);
  problem.product.a = static_cast<const float*>(a);
  problem.product.b = static_cast<const float*>(b);
  problem.product.c = static_cast<float*>(d);
  problem.c = static_cast<const float*>(c);
  if (c == d && problem.c_ld != problem.product.ldc) return CUBLAS_STATUS_INVALID_VALUE;
  Found found{};
  if (algorithm != nullptr) {
    std::memcpy(&found, algorithm, sizeof found);
    status = check_algorithm(problem, found, workspace, workspace_bytes);
    if (status != CUBLAS_STATUS_SUCCESS) return status;
  }
  const cudaError_t error = api_call([&] {
    return enqueue(stream, cudaGraphNodeTypeKernel,
                   [=, bytes = found.workspace_bytes] { run(problem, workspace, bytes); });
  });
  return error == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}
