// SPDX-License-Identifier: MIT
// Which implementation runs a CUDA matrix product.
#include <atomic>

#include "kernels/gemm_cuda.h"

namespace kiln::kernels {

namespace {

std::atomic<GemmBackend> chosen_backend = GemmBackend::kiln;

}  // namespace

void set_cuda_gemm_backend(GemmBackend backend) { chosen_backend = backend; }

GemmBackend cuda_gemm_backend() { return chosen_backend; }

void gemm(CudaStream stream, const GemmArgs<float>& args) {
  if (args.m == 0 || args.n == 0) return;
  switch (cuda_gemm_backend()) {
    case GemmBackend::kiln:
      return gemm_tiled(stream, args);
    case GemmBackend::cublas:
      return gemm_cublaslt(stream, args);
  }
}

}  // namespace kiln::kernels
