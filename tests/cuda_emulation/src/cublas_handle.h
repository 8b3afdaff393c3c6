// SPDX-License-Identifier: MIT
// What a cuBLAS handle remembers.
#pragma once

#include "cublas_v2.h"

struct cublasContext {
  cudaStream_t stream = nullptr;
  cublasMath_t math = CUBLAS_DEFAULT_MATH;
};

namespace cuda_emulation {
bool is_live(cublasHandle_t handle);
}
