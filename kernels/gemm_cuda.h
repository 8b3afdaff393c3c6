// SPDX-License-Identifier: MIT
// The two implementations behind gemm(CudaStream, ...).
#pragma once

#include "kernels/gemm.h"

namespace kiln::kernels {

// The tiled kernel, for m, n > 0, in args.precision where the device has it; A^T B^T is always
// fp32. In fp32 an element of C is one chain of fused multiply-adds in ascending k, or the
// ascending sum of a few such chains: where k is divided follows from the shape, and from whether
// the stream has scratch memory. So the bits depend on neither the device nor alignment.
void gemm_tiled(CudaStream stream, const GemmArgs<float>& args);

// cuBLASLt in args.precision where the device and the library have it, else in fp32. Bias and relu
// are part of the product where the library can do it; other activations are a second launch. A
// thread's first call on a stream allocates a workspace of 32 MiB for it, and on a device a handle.
// Both are the thread's: a graph that it captured is not to be replayed after the thread's end.
void gemm_cublaslt(CudaStream stream, const GemmArgs<float>& args);

}  // namespace kiln::kernels
