// SPDX-License-Identifier: MIT
// What this machine can do at best, measured: the floor that times are held against. Both take a
// few milliseconds and return the best of all tries in this process, since other programs can only
// slow them down.
#pragma once

#include <cstdint>

namespace kiln::bench {

// Operations a second of fused multiply-adds (two operations each) in float, in registers.
double peak_flops(int threads);

// The same in bf16 with sums in float, where the CPU has an instruction for that; else of float.
double peak_flops_bf16(int threads);

// Bytes a second, read and written, of copying arrays of `bytes` in all: those of a cache if they
// fit there.
double peak_bandwidth(int threads, std::int64_t bytes);

}  // namespace kiln::bench
