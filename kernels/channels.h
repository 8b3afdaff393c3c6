// SPDX-License-Identifier: MIT
// A number for each channel of x (batch, channels, pixels):
//   channel_sum        out[c] = sum over n, p of x[n,c,p], or out[c] += ... if accumulate
//   broadcast_channels out[n,c,p] = v[c], or out[n,c,p] += v[c] if accumulate: its gradient
// A sum over nothing is 0.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
void channel_sum(CpuStream stream, const T* x, std::int64_t batch, std::int64_t channels,
                 std::int64_t pixels, T* out, bool accumulate);
void channel_sum(CudaStream stream, const float* x, std::int64_t batch, std::int64_t channels,
                 std::int64_t pixels, float* out, bool accumulate);

template <class T>
void broadcast_channels(CpuStream stream, const T* v, std::int64_t batch, std::int64_t channels,
                        std::int64_t pixels, T* out, bool accumulate);
void broadcast_channels(CudaStream stream, const float* v, std::int64_t batch,
                        std::int64_t channels, std::int64_t pixels, float* out, bool accumulate);

}  // namespace kiln::kernels
