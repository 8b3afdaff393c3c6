// SPDX-License-Identifier: MIT
// largest_one_hot.h on CUDA: a thread for each element reads its row, which is short and cached.
#include "kernels/column_strip.cuh"
#include "kernels/largest_one_hot.h"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

__global__ void largest_one_hot_kernel(int width_log2, LargestOneHotArgs<float> args) {
  const StripPlace place(width_log2);
  if (place.col >= args.count) return;
  for (std::int64_t i = place.row; i < args.rows; i += place.row_step) {
    args.out[i * args.out_width + place.col] =
        largest_one_hot_at(args.x + i * args.x_width, args.count, place.col, args.value);
  }
}

// ---- launchers

void largest_one_hot(CudaStream stream, const LargestOneHotArgs<float>& args) {
  if (args.rows == 0 || args.count == 0) return;
  launch("largest_one_hot", largest_one_hot_kernel, strip_grid(args.rows, args.count), kBlockSize,
         0, stream, strip_width_log2(args.count), args);
}

}  // namespace kiln::kernels
