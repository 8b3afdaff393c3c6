// SPDX-License-Identifier: MIT
// Where a kernel runs. Every kernel is an overload pair, one taking a CpuStream (runs now, returns
// when done) and one taking a CudaStream (is queued on that stream). T is float or double on the
// CPU, where double serves gradient checks; CUDA kernels compute in float.
//
// Common to all kernels: sizes may be 0 (nothing happens), pointers need only the alignment of
// their type, inputs and outputs do not overlap unless a contract says so, and the same call on the
// same device with the same thread count gives the same bits.
#pragma once

#include <cstddef>

namespace kiln::kernels {

struct CpuStream {};

// Device memory that belongs to one stream, for the kernel that is running on it: partial sums of
// blocks that share a result, and tickets by which the last of them knows that it is the last. A
// kernel may hold anything in `partials`; it leaves the tickets it used at 0, as it found them.
struct CudaScratch {
  static constexpr std::size_t kPartials = std::size_t{2} << 20;
  static constexpr std::size_t kTickets = 4096;
  float* partials = nullptr;
  unsigned* tickets = nullptr;
};

struct CudaStream {
  void* handle = nullptr;  // a cudaStream_t, kept opaque so that this header needs no CUDA
  CudaScratch scratch = {};
};

}  // namespace kiln::kernels
