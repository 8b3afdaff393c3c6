// SPDX-License-Identifier: MIT
// Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011), as cuRAND's
// curandStatePhilox4_32_10_t draws them. Elements 4j .. 4j+3 of an array are the four results of
// curand_init(seed, subsequence = j, offset = 4 * counter[0]) followed by curand_uniform4 (values
// in (0,1]) or curand_normal4 (Box-Muller, mean 0, variance 1). The counter lives on the device and
// a draw, even of 0 numbers, moves it on by one, so that a replayed step draws fresh numbers.
// Uniforms are equal bit for bit on every device, normals to the last few bits of log and sincos.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
void random_uniform(CpuStream stream, std::uint64_t seed, std::uint64_t* counter, T* out,
                    std::int64_t n);
void random_uniform(CudaStream stream, std::uint64_t seed, std::uint64_t* counter, float* out,
                    std::int64_t n);

template <class T>
void random_normal(CpuStream stream, std::uint64_t seed, std::uint64_t* counter, T* out,
                   std::int64_t n);
void random_normal(CudaStream stream, std::uint64_t seed, std::uint64_t* counter, float* out,
                   std::int64_t n);

}  // namespace kiln::kernels
