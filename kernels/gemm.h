// SPDX-License-Identifier: MIT
// Matrix product with the epilogues of a linear layer. All matrices are row-major and dense:
//   C(m,n) = act(op(A) op(B) + bias)   or, if accumulate,   C(m,n) += op(A) op(B)
// op(A) is (m,k): A is stored (m,k), or (k,m) if transpose_a. op(B) is (k,n): B is stored (k,n), or
// (n,k) if transpose_b. bias is (n) or null. accumulate excludes bias and activation. k == 0 is an
// empty sum: C = act(bias), or C unchanged if accumulate. NaN stays NaN, with one exception: relu
// in float on the CPU (oneDNN's) and in cuBLASLt may make 0 of it.
//
// A linear layer with weight (out,in) uses three of the four transpose cases:
//   forward  y = act(x W^T + b)      transpose_b
//   input    dx = dz W               neither
//   weight   dW = dz^T x             transpose_a
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/precision.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct GemmArgs {
  bool transpose_a = false;
  bool transpose_b = false;
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  const T* a = nullptr;
  const T* b = nullptr;
  T* c = nullptr;
  const T* bias = nullptr;
  Activation activation = {};
  bool accumulate = false;
  Precision precision = Precision::fp32;
};

template <class T>
void gemm(CpuStream stream, const GemmArgs<T>& args);

// Runs the implementation that cuda_gemm_backend() names.
void gemm(CudaStream stream, const GemmArgs<float>& args);

// kiln: the tiled kernel of gemm_tiled_cuda.cu. cublas: cuBLASLt, gemm_cublaslt_cuda.cu, which has
// no tf32x3 and computes it in fp32. measured: the faster of the two, which is found when a product
// is first seen and kept on disk (docs/decisions/gemm.md). The measurement, once, waits for the
// stream.
enum class GemmBackend { kiln, cublas, measured };
// At first the backend is what KILN_GEMM in the environment names, else kiln. Errors: another word.
void set_cuda_gemm_backend(GemmBackend backend);
GemmBackend cuda_gemm_backend();

}  // namespace kiln::kernels
