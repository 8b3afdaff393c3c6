// SPDX-License-Identifier: MIT
// layer_norm.h on CUDA: a warp a row, and a strip of columns a block for the parameters' gradients.
#include "kernels/channel_walk.cuh"
#include "kernels/launch.h"
#include "kernels/layer_norm.h"
#include "kernels/row_walk.cuh"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

__global__ void layer_norm_forward_kernel(LayerNormForward<float> args) {
  const float n = static_cast<float>(args.cols);
  for_each_row(args.rows, [&](std::int64_t i) {
    const auto load = [&](std::int64_t j) { return args.x[i * args.cols + j]; };
    float sum = 0, squares = 0;
    for_each_column(args.cols, load, [&](std::int64_t, float x) { sum += x; });
    const float mean = warp_sum(sum) / n;
    for_each_column(args.cols, load,
                    [&](std::int64_t, float x) { squares += (x - mean) * (x - mean); });
    const float inv_std = 1.0f / sqrtf(warp_sum(squares) / n + args.epsilon);
    if (threadIdx.x % 32 == 0) {
      args.mean[i] = mean;
      args.inv_std[i] = inv_std;
    }
    for_each_column(args.cols, load, [&](std::int64_t j, float x) {
      args.y[i * args.cols + j] = (x - mean) * inv_std * args.weight[j] + args.bias[j];
    });
  });
}

__global__ void layer_norm_input_gradient_kernel(LayerNormBackward<float> args) {
  const float n = static_cast<float>(args.cols);
  for_each_row(args.rows, [&](std::int64_t i) {
    const float mean = args.mean[i], inv_std = args.inv_std[i];
    // g and the normalised x.
    const auto load = [&](std::int64_t j) {
      const std::int64_t element = i * args.cols + j;
      return float2{args.dy[element] * args.weight[j], (args.x[element] - mean) * inv_std};
    };
    float sum = 0, product = 0;
    for_each_column(args.cols, load, [&](std::int64_t, float2 value) {
      sum += value.x;
      product += value.x * value.y;
    });
    const float mean_g = warp_sum(sum) / n, mean_product = warp_sum(product) / n;
    for_each_column(args.cols, load, [&](std::int64_t j, float2 value) {
      float* const dx = args.dx + i * args.cols + j;
      const float gradient = inv_std * (value.x - mean_g - value.y * mean_product);
      *dx = args.accumulate_dx ? *dx + gradient : gradient;
    });
  });
}

__global__ void layer_norm_parameter_gradients_kernel(int width_log2,
                                                      LayerNormBackward<float> args) {
  const ChannelWalk walk(width_log2, args.rows, args.cols, 1, block_shared<ChannelSumsShared>());
  float2 sums = {0, 0};
  const auto load = [&](std::int64_t element, std::int64_t row) {
    return float2{args.dy[element], (args.x[element] - args.mean[row]) * args.inv_std[row]};
  };
  walk.for_each(load, [&](std::int64_t, float2 value) {
    sums.x += value.x;
    sums.y += value.x * value.y;
  });
  sums = walk.channel_sums(sums);
  if (!walk.is_first()) return;
  const std::int64_t j = walk.channel();
  if (args.dbias != nullptr) {
    args.dbias[j] = args.accumulate_dbias ? args.dbias[j] + sums.x : sums.x;
  }
  if (args.dweight != nullptr) {
    args.dweight[j] = args.accumulate_dweight ? args.dweight[j] + sums.y : sums.y;
  }
}

// ---- launchers

void layer_norm_forward(CudaStream stream, const LayerNormForward<float>& args) {
  if (args.rows == 0) return;
  launch("layer_norm", layer_norm_forward_kernel, blocks_for_rows(args.rows), kBlockSize, 0, stream,
         args);
}

void layer_norm_backward(CudaStream stream, const LayerNormBackward<float>& args) {
  if (args.dx != nullptr && args.rows > 0) {
    launch("layer_norm", layer_norm_input_gradient_kernel, blocks_for_rows(args.rows), kBlockSize,
           0, stream, args);
  }
  if ((args.dweight != nullptr || args.dbias != nullptr) && args.cols > 0) {
    launch("layer_norm", layer_norm_parameter_gradients_kernel, strips_of(args.cols), kBlockSize, 0,
           stream, strip_width_log2(args.cols), args);
  }
}

}  // namespace kiln::kernels
