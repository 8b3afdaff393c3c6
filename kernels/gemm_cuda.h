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

// cuBLASLt in fp32 (no TF32). Bias and relu are part of the product where the library can do it;
// other activations are a second launch. A thread's first call on a stream allocates a workspace of
// 32 MiB for it, and on a device a handle: not inside a stream capture.
void gemm_cublaslt(CudaStream stream, const GemmArgs<float>& args);

}  // namespace kiln::kernels
