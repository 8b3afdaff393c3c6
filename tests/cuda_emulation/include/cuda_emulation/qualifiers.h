// SPDX-License-Identifier: MIT
// The function and variable qualifiers of CUDA C++, as a host compiler understands them.
// `__shared__` is left out on purpose: a kernel gets its shared memory from kiln_emulated_shared.h,
// because a plain variable could be neither per block nor bounds-checked. `__noinline__` is left
// out because the C++ library spells its own attributes so.
#pragma once

#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
