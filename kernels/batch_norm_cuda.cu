// SPDX-License-Identifier: MIT
// batch_norm.h on CUDA: each direction is one launch, and a block has its channels to itself. It
// reads them two or three times; a channel of a training batch stays in the caches in between.
#include "kernels/batch_norm.h"
#include "kernels/channel_walk.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

__global__ void batch_norm_forward_kernel(int width_log2, BatchNormForward<float> args) {
  const BatchNormShape& shape = args.shape;
  const ChannelWalk walk(width_log2, shape.batch, shape.channels, shape.spatial,
                         block_shared<ChannelSumsShared>());
  const std::int64_t c = walk.channel();
  const auto load = [&](std::int64_t i, std::int64_t) { return args.x[i]; };
  float mean = 0, var = 0;
  if (args.training) {
    const float m = static_cast<float>(shape.batch * shape.spatial);
    float sum = 0;
    walk.for_each(load, [&](std::int64_t, float x) { sum += x; });
    mean = walk.channel_sums({sum, 0}).x / m;
    sum = 0;
    walk.for_each(load, [&](std::int64_t, float x) { sum += (x - mean) * (x - mean); });
    var = walk.channel_sums({sum, 0}).x / m;
    if (walk.is_first()) {
      args.running_mean[c] += args.momentum * (mean - args.running_mean[c]);
      args.running_var[c] += args.momentum * (var * (m / (m - 1)) - args.running_var[c]);
    }
  } else if (walk.channel_exists()) {
    mean = args.running_mean[c];
    var = args.running_var[c];
  }
  const float inv_std = 1.0f / sqrtf(var + args.epsilon);
  if (walk.is_first()) {
    args.mean[c] = mean;
    args.inv_std[c] = inv_std;
  }
  const float scale = walk.channel_exists() ? inv_std * args.weight[c] : 0.0f;
  const float shift = walk.channel_exists() ? args.bias[c] : 0.0f;
  walk.for_each(load, [&](std::int64_t i, float x) { args.y[i] = (x - mean) * scale + shift; });
}

__global__ void batch_norm_backward_kernel(int width_log2, BatchNormBackward<float> args) {
  const BatchNormShape& shape = args.shape;
  const ChannelWalk walk(width_log2, shape.batch, shape.channels, shape.spatial,
                         block_shared<ChannelSumsShared>());
  const std::int64_t c = walk.channel();
  const float mean = walk.channel_exists() ? args.mean[c] : 0.0f;
  const float inv_std = walk.channel_exists() ? args.inv_std[c] : 0.0f;
  // dy and the normalised x.
  const auto load = [&](std::int64_t i, std::int64_t) {
    return float2{args.dy[i], (args.x[i] - mean) * inv_std};
  };
  float2 sums = {0, 0};
  walk.for_each(load, [&](std::int64_t, float2 value) {
    sums.x += value.x;
    sums.y += value.x * value.y;
  });
  sums = walk.channel_sums(sums);
  if (walk.is_first()) {
    if (args.dbias != nullptr) {
      args.dbias[c] = args.accumulate_dbias ? args.dbias[c] + sums.x : sums.x;
    }
    if (args.dweight != nullptr) {
      args.dweight[c] = args.accumulate_dweight ? args.dweight[c] + sums.y : sums.y;
    }
  }
  if (args.dx == nullptr) return;
  const float m = static_cast<float>(shape.batch * shape.spatial);
  const float2 means = args.training ? float2{sums.x / m, sums.y / m} : float2{0, 0};
  const float scale = walk.channel_exists() ? args.weight[c] * inv_std : 0.0f;
  walk.for_each(load, [&](std::int64_t i, float2 value) {
    const float dx = scale * (value.x - means.x - value.y * means.y);
    args.dx[i] = args.accumulate_dx ? args.dx[i] + dx : dx;
  });
}

// ---- launchers

// A channel without values still has sums and statistics.
static BatchNormShape with_places(BatchNormShape shape) {
  return shape.spatial > 0 ? shape : BatchNormShape{0, shape.channels, 1};
}

template <class Args>
static void launch_over_channels(void (*kernel)(int, Args), CudaStream stream, Args args) {
  if (args.shape.channels == 0) return;
  args.shape = with_places(args.shape);
  const auto [batch, channels, spatial] = args.shape;
  launch("batch_norm", kernel, blocks_for_channels(channels, spatial), kBlockSize, 0, stream,
         channel_width_log2(channels, spatial), args);
}

void batch_norm_forward(CudaStream stream, const BatchNormForward<float>& args) {
  launch_over_channels(batch_norm_forward_kernel, stream, args);
}

void batch_norm_backward(CudaStream stream, const BatchNormBackward<float>& args) {
  launch_over_channels(batch_norm_backward_kernel, stream, args);
}

}  // namespace kiln::kernels
