// SPDX-License-Identifier: MIT
// The two implementations behind gemm(CudaStream, ...) and linear_backward(CudaStream, ...).
#pragma once

#include <cstdint>

#include "kernels/gemm.h"
#include "kernels/linear_backward.h"

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

// What cuBLASLt can do beside a product of a backward pass. One of:
struct CublasBackward {
  // The row sums of op(A), (m): its BGRADB.
  float* row_sums = nullptr;
  // C is times the derivative of relu: its DRELU. Row i begins at bit i * relu_mask_row_bits(n),
  // least bit of a byte first, on a boundary of 16 bytes.
  const unsigned* relu_mask = nullptr;
};
inline std::int64_t relu_mask_row_bits(std::int64_t n) { return (n + 127) / 128 * 128; }

// gemm_cublaslt() with that, for m, n, k > 0 and neither bias nor activation; a mask excludes
// accumulate. False, and nothing is queued, where the library has no algorithm for it.
bool gemm_cublaslt(CudaStream stream, const GemmArgs<float>& args, const CublasBackward& backward);

// linear_backward() by cuBLASLt. What its epilogues cannot do is left to kernels of this project.
void linear_backward_cublaslt(CudaStream stream, const LinearBackwardArgs<float>& args);
// linear_backward() in one launch, by the tiled kernel.
void linear_backward_tiled(CudaStream stream, const LinearBackwardArgs<float>& args);

}  // namespace kiln::kernels
