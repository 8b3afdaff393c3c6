// SPDX-License-Identifier: MIT
// Which implementation runs a CUDA matrix product.
#include <atomic>
#include <cstdlib>

#include "kernels/gemm_choice.h"
#include "kernels/gemm_cuda.h"
#include "kernels/gemm_measured_cuda.h"
#include "kernels/gemm_plan.cuh"

namespace kiln::kernels {

namespace {

std::atomic<GemmBackend>& chosen_backend() {
  static std::atomic<GemmBackend> backend = gemm_backend_named(std::getenv("KILN_GEMM"));
  return backend;
}

void run(GemmBackend backend, CudaStream stream, const GemmArgs<float>& args) {
  if (backend == GemmBackend::cublas) return gemm_cublaslt(stream, args);
  gemm_tiled(stream, args);
}

GemmBackend faster_backend(CudaStream stream, const GemmArgs<float>& args) {
  GemmKey key = {GemmOp::gemm, args.m, args.n, args.k};
  key.precision = available_precision(args.precision);
  if (args.k == 0 || key.precision == Precision::tf32x3) return GemmBackend::kiln;
  key.activation = args.activation.kind;
  key.variant = (args.transpose_a ? kTransposeA : 0u) | (args.transpose_b ? kTransposeB : 0u) |
                (args.bias != nullptr ? kBias : 0u) | (args.accumulate ? kAccumulate : 0u);
  return measured_gemm_backend(stream, key, args.m * args.n,
                               [&](GemmBackend backend, float* output) {
                                 GemmArgs<float> product = args;
                                 product.c = output;
                                 run(backend, stream, product);
                               });
}

}  // namespace

void set_cuda_gemm_backend(GemmBackend backend) { chosen_backend() = backend; }

GemmBackend cuda_gemm_backend() { return chosen_backend(); }

void gemm(CudaStream stream, const GemmArgs<float>& args) {
  if (args.m == 0 || args.n == 0) return;
  GemmBackend backend = cuda_gemm_backend();
  if (backend == GemmBackend::measured) backend = faster_backend(stream, args);
  run(backend, stream, args);
}

}  // namespace kiln::kernels
