// SPDX-License-Identifier: MIT
// row_loss.h on CUDA: one warp a row.
#include "kernels/launch.h"
#include "kernels/row_loss.h"
#include "kernels/row_walk.cuh"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

struct PredictionAndTarget {
  float x, t;
};

// use(j, x[i,j], its target) for each of this lane's columns.
template <class Use>
__device__ __forceinline__ void for_each_target(const RowLossArgs<float>& args, std::int64_t i,
                                                Use use) {
  const float* const x = args.x + i * args.cols;
  const float* const target = args.target + i % args.target_rows * args.cols;
  for_each_column(
      args.cols,
      [&](std::int64_t j) {
        return PredictionAndTarget{x[j], target[j]};
      },
      [&](std::int64_t j, PredictionAndTarget pair) { use(j, pair.x, pair.t); });
}

template <class Loss>
__global__ void row_loss_kernel(Loss loss, RowLossArgs<float> args, float* out) {
  for_each_row(args.rows, [&](std::int64_t i) {
    float sum = 0;
    for_each_target(args, i, [&](std::int64_t, float x, float t) { sum += loss.value(x, t); });
    sum = warp_sum(sum);
    if (threadIdx.x % 32 == 0) out[i] = sum;
  });
}

template <class Loss>
__global__ void row_loss_backward_kernel(Loss loss, const float* dout, RowLossArgs<float> args,
                                         float* dx, bool accumulate) {
  for_each_row(args.rows, [&](std::int64_t i) {
    const float scale = dout[i];
    for_each_target(args, i, [&](std::int64_t j, float x, float t) {
      float* const out = dx + i * args.cols + j;
      const float value = scale * loss.derivative(x, t);
      *out = accumulate ? *out + value : value;
    });
  });
}

// ---- launchers

template <class Loss>
void row_loss_forward(CudaStream stream, Loss loss, const RowLossArgs<float>& args, float* out) {
  if (args.rows == 0) return;
  launch(Loss::name, row_loss_kernel<Loss>, blocks_for_rows(args.rows), kBlockSize, 0, stream, loss,
         args, out);
}

template <class Loss>
void row_loss_backward(CudaStream stream, Loss loss, const float* dout,
                       const RowLossArgs<float>& args, float* dx, bool accumulate) {
  if (args.rows == 0) return;
  launch(Loss::name, row_loss_backward_kernel<Loss>, blocks_for_rows(args.rows), kBlockSize, 0,
         stream, loss, dout, args, dx, accumulate);
}

#define KILN_INSTANTIATE(Loss, snake_case_name)                                                    \
  template void row_loss_forward<Loss>(CudaStream, Loss, const RowLossArgs<float>&, float*);       \
  template void row_loss_backward<Loss>(CudaStream, Loss, const float*, const RowLossArgs<float>&, \
                                        float*, bool);
KILN_LOSSES(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
