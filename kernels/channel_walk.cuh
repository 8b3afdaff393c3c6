// SPDX-License-Identifier: MIT
// How a block walks x (batch, channels, spatial) by channels. Where spatial is 1 it owns a strip of
// up to 32 neighbouring channels, as column_strip.cuh does, else one channel, whose values lie in
// runs of `spatial`: neighbouring threads read neighbouring addresses either way.
#pragma once

#include <cstdint>

#include "kernels/column_strip.cuh"
#include "kernels/launch.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

struct ChannelSumsShared {
  float2 sums[kBlockSize];
};

class ChannelWalk {
 public:
  __device__ ChannelWalk(int width_log2, std::int64_t batch, std::int64_t channels,
                         std::int64_t spatial, ChannelSumsShared& shared)
      : width_log2_(width_log2),
        channels_(channels),
        spatial_(spatial),
        shared_(shared),
        channel_((static_cast<std::int64_t>(blockIdx.x) << width_log2) +
                 (threadIdx.x & ((1u << width_log2) - 1))) {
    const std::int64_t first = threadIdx.x >> width_log2, step = kBlockSize >> width_log2;
    first_row_ = first / spatial;
    first_place_ = first % spatial;
    row_step_ = step / spatial;
    place_step_ = step % spatial;
    end_row_ = channel_ < channels ? batch : 0;
  }

  // Of this thread; the last strip may hold channels that do not exist.
  __device__ std::int64_t channel() const { return channel_; }
  __device__ bool channel_exists() const { return channel_ < channels_; }
  // The one of a channel's threads that writes what there is once a channel.
  __device__ bool is_first() const { return threadIdx.x >> width_log2_ == 0 && channel_exists(); }

  // use(i, load(i, row)) for this thread's share of its channel's elements i, in ascending order;
  // `row` is the index in the batch. A few are fetched before the first of them is used, so that
  // their loads overlap.
  template <class Load, class Use>
  __device__ __forceinline__ void for_each(Load load, Use use) const {
    constexpr int kBatch = 4;
    std::int64_t row = first_row_, place = first_place_;
    while (row < end_row_) {
      decltype(load(row, row)) values[kBatch] = {};
      std::int64_t elements[kBatch];
      KILN_UNROLL
      for (int b = 0; b < kBatch; ++b) {
        elements[b] = -1;
        if (row < end_row_) {
          elements[b] = (row * channels_ + channel_) * spatial_ + place;
          values[b] = load(elements[b], row);
        }
        row += row_step_;
        place += place_step_;
        if (place >= spatial_) {
          place -= spatial_;
          ++row;
        }
      }
      KILN_UNROLL
      for (int b = 0; b < kBatch; ++b) {
        if (elements[b] >= 0) use(elements[b], values[b]);
      }
    }
  }

  // The sums of two numbers over the channel's threads, in a fixed tree. Every thread of the block
  // calls and gets them.
  __device__ __forceinline__ float2 channel_sums(float2 terms) const {
    shared_.sums[threadIdx.x] = terms;
    __syncthreads();
    for (unsigned half = kBlockSize / 2; half >> width_log2_ != 0; half /= 2) {
      if (threadIdx.x < half) {
        shared_.sums[threadIdx.x].x += shared_.sums[threadIdx.x + half].x;
        shared_.sums[threadIdx.x].y += shared_.sums[threadIdx.x + half].y;
      }
      __syncthreads();
    }
    const float2 total = shared_.sums[threadIdx.x & ((1u << width_log2_) - 1)];
    __syncthreads();  // before the next sum overwrites it
    return total;
  }

 private:
  int width_log2_;
  std::int64_t channels_;
  std::int64_t spatial_;
  ChannelSumsShared& shared_;
  std::int64_t channel_;
  std::int64_t first_row_, first_place_;
  std::int64_t row_step_, place_step_;
  std::int64_t end_row_;
};

inline int channel_width_log2(std::int64_t channels, std::int64_t spatial) {
  return spatial == 1 ? strip_width_log2(channels) : 0;
}

inline unsigned blocks_for_channels(std::int64_t channels, std::int64_t spatial) {
  return spatial == 1 ? strips_of(channels) : static_cast<unsigned>(channels);
}

}  // namespace kiln::kernels
