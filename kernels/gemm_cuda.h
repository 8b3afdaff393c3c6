// SPDX-License-Identifier: MIT
// The two implementations behind gemm(CudaStream, ...). Both take any shape with m, n > 0.
#pragma once

#include "kernels/gemm.h"

namespace kiln::kernels {

// The tiled kernel, in args.precision where the device has it; A^T B^T is always fp32. In fp32 an
// element of C is one chain of fused multiply-adds in ascending k, or the ascending sum of a few
// such chains: where k is divided follows from the shape, and from whether the stream has scratch
// memory. So the bits depend on neither the device nor alignment.
void gemm_tiled(CudaStream stream, const GemmArgs<float>& args);

// cublasSgemm in fp32 whatever args.precision, then bias and activation in a second launch. A
// thread's first call on a device makes its cuBLAS handle, which allocates: not inside a stream
// capture.
void gemm_cublas(CudaStream stream, const GemmArgs<float>& args);

}  // namespace kiln::kernels
