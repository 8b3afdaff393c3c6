// SPDX-License-Identifier: MIT
// channels.h on CUDA.
#include "kernels/channels.h"
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

// ---- kernels

struct ChannelSumShared {
  float sums[kBlockSize];
};

// One block a channel: its warps take the images in turns, the lanes of a warp an image's pixels,
// each in ascending order; then a tree over the threads.
__global__ void channel_sum_kernel(const float* x, std::int64_t batch, std::int64_t channels,
                                   std::int64_t pixels, float* out, bool accumulate) {
  ChannelSumShared& shared = block_shared<ChannelSumShared>();
  constexpr unsigned kWarps = kBlockSize / 32;
  const std::int64_t channel = blockIdx.x;
  float sum = 0;
  for (std::int64_t n = threadIdx.x / 32; n < batch; n += kWarps) {
    const float* const plane = x + (n * channels + channel) * pixels;
    for (std::int64_t p = threadIdx.x % 32; p < pixels; p += 32) sum += plane[p];
  }
  shared.sums[threadIdx.x] = sum;
  __syncthreads();
  for (unsigned half = kBlockSize / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) shared.sums[threadIdx.x] += shared.sums[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) out[channel] = accumulate ? out[channel] + shared.sums[0] : shared.sums[0];
}

__global__ void broadcast_channels_kernel(const float* v, std::int64_t planes,
                                          std::int64_t channels, std::int64_t pixels, float* out,
                                          bool accumulate) {
  for (std::int64_t plane = blockIdx.x; plane < planes; plane += gridDim.x) {
    const float value = v[plane % channels];
    for (std::int64_t p = threadIdx.x; p < pixels; p += blockDim.x) {
      float* const element = out + plane * pixels + p;
      *element = accumulate ? *element + value : value;
    }
  }
}

// ---- launchers

void channel_sum(CudaStream stream, const float* x, std::int64_t batch, std::int64_t channels,
                 std::int64_t pixels, float* out, bool accumulate) {
  if (channels == 0) return;
  launch("channel_sum", channel_sum_kernel, static_cast<unsigned>(channels), kBlockSize, 0, stream,
         x, batch, channels, pixels, out, accumulate);
}

void broadcast_channels(CudaStream stream, const float* v, std::int64_t batch,
                        std::int64_t channels, std::int64_t pixels, float* out, bool accumulate) {
  const std::int64_t planes = batch * channels;
  if (planes == 0 || pixels == 0) return;
  launch("broadcast_channels", broadcast_channels_kernel, blocks_for(planes, 1), kBlockSize, 0,
         stream, v, planes, channels, pixels, out, accumulate);
}

}  // namespace kiln::kernels
