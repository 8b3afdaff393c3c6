// SPDX-License-Identifier: MIT
// Marks the scalar functions that the CPU loops and the CUDA kernels share.
#pragma once

#ifdef __CUDACC__
#define KILN_HOST_DEVICE __host__ __device__
#else
#define KILN_HOST_DEVICE
#endif
