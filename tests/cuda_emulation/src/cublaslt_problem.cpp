// SPDX-License-Identifier: MIT
// cuBLASLt products: what is refused, and the epilogues. A gradient of a bias is summed in double.
#include "cublaslt_problem.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "cuda_emulation/tensor_core.h"
#include "device_memory.h"

namespace cuda_emulation {
namespace {

constexpr unsigned kRelu = 2, kBias = 4, kRuleOfRelu = 8, kBiasGradient = 16, kMask = 128;
constexpr unsigned kSumsOfA = CUBLASLT_EPILOGUE_BGRADA, kSumsOfB = CUBLASLT_EPILOGUE_BGRADB;

cublasStatus_t check_layout(const cublasLtMatrixLayoutOpaque_t& layout) {
  if (layout.type != CUDA_R_32F || layout.order != CUBLASLT_ORDER_COL) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  const bool valid = layout.rows > 0 && layout.columns > 0 && layout.ld > 0 &&
                     static_cast<std::uint64_t>(layout.ld) >= layout.rows;
  return valid ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t check_operation(const cublasLtMatmulDescOpaque_t& description) {
  switch (description.compute) {
    case CUBLAS_COMPUTE_32F:
    case CUBLAS_COMPUTE_32F_PEDANTIC:
    case CUBLAS_COMPUTE_32F_FAST_TF32:
    case CUBLAS_COMPUTE_32F_FAST_16BF:
      break;
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  if (description.scale != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
  for (const std::int32_t operation : {description.transpose_a, description.transpose_b}) {
    if (operation != CUBLAS_OP_N && operation != CUBLAS_OP_T && operation != CUBLAS_OP_C) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t check_epilogue(const LtProblem& problem) {
  switch (problem.epilogue) {
    case CUBLASLT_EPILOGUE_DEFAULT:
    case CUBLASLT_EPILOGUE_RELU:
    case CUBLASLT_EPILOGUE_BIAS:
    case CUBLASLT_EPILOGUE_RELU_BIAS:
    case CUBLASLT_EPILOGUE_RELU_AUX:
    case CUBLASLT_EPILOGUE_RELU_AUX_BIAS:
    case CUBLASLT_EPILOGUE_DRELU:
    case CUBLASLT_EPILOGUE_DRELU_BGRAD:
    case CUBLASLT_EPILOGUE_BGRADA:
    case CUBLASLT_EPILOGUE_BGRADB:
      break;
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  if ((problem.epilogue & kMask) == 0) return CUBLAS_STATUS_SUCCESS;
  const bool valid = problem.mask_ld % 128 == 0 && problem.mask_ld >= problem.product.m &&
                     reinterpret_cast<std::uintptr_t>(problem.mask) % 16 == 0;
  return valid ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

/// The floats of the operands and of D, padding between columns included.
std::int64_t span(std::int64_t rows, std::int64_t columns, std::int64_t ld) {
  return (columns - 1) * ld + rows;
}
std::int64_t span_of_a(const Gemm<float>& g) {
  return g.transpose_a ? span(g.k, g.m, g.lda) : span(g.m, g.k, g.lda);
}
std::int64_t span_of_b(const Gemm<float>& g) {
  return g.transpose_b ? span(g.n, g.k, g.ldb) : span(g.k, g.n, g.ldb);
}

float rounded(float x, cublasComputeType_t compute) {
  return std::bit_cast<float>(compute == CUBLAS_COMPUTE_32F_FAST_TF32 ? to_tf32(x)
                                                                      : pack_bf16(0.0f, x));
}

/// A copy of an operand as the tensor cores would see it.
std::vector<float> rounded_copy(const float* from, std::int64_t count,
                                cublasComputeType_t compute) {
  std::vector<float> copy(from, from + count);
  for (float& x : copy) x = rounded(x, compute);
  return copy;
}

void apply_epilogue(const LtProblem& p) {
  const Gemm<float>& g = p.product;
  std::vector<double> gradient((p.epilogue & kBiasGradient) != 0 ? g.m : 0);
  for (std::int64_t j = 0; j < g.n; ++j) {
    unsigned char* const mask = (p.epilogue & kMask) != 0 ? p.mask + j * (p.mask_ld / 8) : nullptr;
    if (mask != nullptr && (p.epilogue & kRelu) != 0) std::memset(mask, 0, (g.m + 7) / 8);
    for (std::int64_t i = 0; i < g.m; ++i) {
      float& x = g.c[j * g.ldc + i];
      const unsigned bit = 1u << i % 8;
      if ((p.epilogue & kBias) != 0) x += p.bias[i];
      if ((p.epilogue & kRelu) != 0) {
        const bool passes = x > 0;
        if (!passes) x = 0;
        if (mask != nullptr && passes) mask[i / 8] |= bit;
      }
      if ((p.epilogue & kRuleOfRelu) != 0 && (mask[i / 8] & bit) == 0) x = 0;
      if (!gradient.empty()) gradient[i] += x;
    }
  }
  std::copy(gradient.begin(), gradient.end(), p.bias);
}

/// out[i] = the sum of `depth` elements, i being the operand's other dimension.
void sum_operand(const float* operand, std::int64_t count, std::int64_t step, std::int64_t depth,
                 std::int64_t depth_step, float* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    double sum = 0;
    for (std::int64_t k = 0; k < depth; ++k) sum += operand[i * step + k * depth_step];
    out[i] = static_cast<float>(sum);
  }
}

bool bytes_on_device(const void* pointer, std::int64_t bytes) {
  return device_memory().is_device(pointer, static_cast<std::size_t>(bytes));
}

}  // namespace

cublasStatus_t make_problem(cublasLtMatmulDesc_t description, cublasLtMatrixLayout_t a,
                            cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                            cublasLtMatrixLayout_t d, LtProblem& problem) {
  if (description == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  for (const auto* layout : {a, b, c, d}) {
    if (layout == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    if (const cublasStatus_t status = check_layout(*layout)) return status;
  }
  if (const cublasStatus_t status = check_operation(*description)) return status;
  const bool transpose_a = description->transpose_a != CUBLAS_OP_N;
  const bool transpose_b = description->transpose_b != CUBLAS_OP_N;
  const std::uint64_t k = transpose_a ? a->rows : a->columns;
  if ((transpose_a ? a->columns : a->rows) != d->rows ||
      (transpose_b ? b->rows : b->columns) != d->columns ||
      (transpose_b ? b->columns : b->rows) != k || c->rows != d->rows || c->columns != d->columns) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  problem = {};
  Gemm<float>& product = problem.product;
  product.transpose_a = transpose_a;
  product.transpose_b = transpose_b;
  product.m = static_cast<std::int64_t>(d->rows);
  product.n = static_cast<std::int64_t>(d->columns);
  product.k = static_cast<std::int64_t>(k);
  product.lda = a->ld;
  product.ldb = b->ld;
  product.ldc = d->ld;
  product.batch = 1;
  problem.c_ld = c->ld;
  problem.compute = description->compute;
  problem.epilogue = description->epilogue;
  problem.bias = static_cast<float*>(description->bias);
  problem.mask = static_cast<unsigned char*>(description->mask);
  problem.mask_ld = description->mask_ld;
  return check_epilogue(problem);
}

const char* misplaced(const LtProblem& p) {
  const Gemm<float>& g = p.product;
  if (!bytes_on_device(g.a, span_of_a(g) * 4) || !bytes_on_device(g.b, span_of_b(g) * 4) ||
      !bytes_on_device(g.c, span(g.m, g.n, g.ldc) * 4) ||
      (g.beta != 0 && !bytes_on_device(p.c, span(g.m, g.n, p.c_ld) * 4))) {
    return "a matrix";
  }
  if ((p.epilogue & (kBias | kBiasGradient | kSumsOfA | kSumsOfB)) != 0 &&
      !bytes_on_device(p.bias, (p.epilogue == kSumsOfB ? g.n : g.m) * 4)) {
    return "the bias";
  }
  if ((p.epilogue & kMask) != 0 &&
      !bytes_on_device(p.mask, (g.n - 1) * (p.mask_ld / 8) + (g.m + 7) / 8)) {
    return "the auxiliary matrix";
  }
  return nullptr;
}

void run_problem(const LtProblem& p) {
  Gemm<float> g = p.product;
  if (p.epilogue == kSumsOfA) {
    sum_operand(g.a, g.m, g.transpose_a ? g.lda : 1, g.k, g.transpose_a ? 1 : g.lda, p.bias);
  }
  if (p.epilogue == kSumsOfB) {
    sum_operand(g.b, g.n, g.transpose_b ? 1 : g.ldb, g.k, g.transpose_b ? g.ldb : 1, p.bias);
  }
  std::vector<float> a, b;
  if (p.compute == CUBLAS_COMPUTE_32F_FAST_TF32 || p.compute == CUBLAS_COMPUTE_32F_FAST_16BF) {
    a = rounded_copy(g.a, span_of_a(g), p.compute);
    b = rounded_copy(g.b, span_of_b(g), p.compute);
    g.a = a.data();
    g.b = b.data();
  }
  if (g.beta != 0 && p.c != g.c) {
    for (std::int64_t j = 0; j < g.n; ++j) {
      std::copy_n(p.c + j * p.c_ld, g.m, g.c + j * g.ldc);
    }
  }
  run_gemm(g);
  apply_epilogue(p);
}

}  // namespace cuda_emulation
