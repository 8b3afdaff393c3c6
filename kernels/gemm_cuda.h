// SPDX-License-Identifier: MIT
// The two implementations behind gemm(CudaStream, ...). Both take any shape with m, n > 0.
#pragma once

#include "kernels/gemm.h"

namespace kiln::kernels {

// The tiled kernel: every element of C is one chain of fused multiply-adds in ascending k, so its
// bits depend on neither tile size nor alignment.
void gemm_tiled(CudaStream stream, const GemmArgs<float>& args);

// cublasSgemm in fp32 (no TF32), then bias and activation in a second launch. A thread's first call
// on a device makes its cuBLAS handle, which allocates: not inside a stream capture.
void gemm_cublas(CudaStream stream, const GemmArgs<float>& args);

}  // namespace kiln::kernels
