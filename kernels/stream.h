// SPDX-License-Identifier: MIT
// Where a kernel runs. Every kernel is an overload pair, one taking a CpuStream (runs now, returns
// when done) and one taking a CudaStream (is queued on that stream). T is float or double on the
// CPU, where double serves gradient checks; CUDA kernels compute in float.
//
// Common to all kernels: sizes may be 0 (nothing happens), pointers need only the alignment of
// their type, inputs and outputs do not overlap unless a contract says so, and the same call on the
// same device with the same thread count gives the same bits.
#pragma once

namespace kiln::kernels {

struct CpuStream {};

struct CudaStream {
  void* handle = nullptr;  // a cudaStream_t, kept opaque so that this header needs no CUDA
};

}  // namespace kiln::kernels
