// SPDX-License-Identifier: MIT
// loss.h on CUDA.
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"
#include "kernels/loss.h"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

// The terms of sum_kernel: loss.value(x[i], t[i]).
template <class Loss>
struct LossTerm {
  Loss loss;
  const float* x;
  LossTarget<float> target;

  template <int kWidth>
  __device__ Pack<kWidth> at(std::int64_t i) const {
    const auto x_pack = ArrayTerm{x}.at<kWidth>(i);
    Pack<kWidth> terms;
    if (target.values == nullptr) {
      for (int k = 0; k < kWidth; ++k) terms.at[k] = loss.value(x_pack.at[k], target.constant);
    } else {
      const auto t_pack = ArrayTerm{target.values}.at<kWidth>(i);
      for (int k = 0; k < kWidth; ++k) terms.at[k] = loss.value(x_pack.at[k], t_pack.at[k]);
    }
    return terms;
  }
};

template <class Loss>
__global__ void loss_backward_kernel(Loss loss, const float* dout, const float* x,
                                     LossTarget<float> target, std::int64_t n, float* dx,
                                     bool accumulate) {
  const float scale = dout[0] / static_cast<float>(n);
  const bool aligned = is_aligned_for<4>(x, target.values, dx);
  for_each_pack(n, aligned, [&](auto width, std::int64_t i) {
    constexpr int kWidth = decltype(width)::value;
    const auto x_pack = load_pack<kWidth>(x + i);
    const auto t_pack = load_pack_or<kWidth>(target.values, i, target.constant);
    Pack<kWidth> result;
    for (int k = 0; k < kWidth; ++k) {
      result.at[k] = scale * loss.derivative(x_pack.at[k], t_pack.at[k]);
    }
    if (accumulate) {
      const auto old = load_pack<kWidth>(dx + i);
      for (int k = 0; k < kWidth; ++k) result.at[k] = old.at[k] + result.at[k];
    }
    store_pack<kWidth>(dx + i, result);
  });
}

// ---- launchers

template <class Loss>
void loss_forward(CudaStream stream, Loss loss, const float* x, LossTarget<float> target,
                  std::int64_t n, float* out, float* workspace) {
  const auto mean = static_cast<float>(1.0 / static_cast<double>(n));
  launch_sum(Loss::name, stream, LossTerm<Loss>{loss, x, target}, n, mean, out, workspace);
}

template <class Loss>
void loss_backward(CudaStream stream, Loss loss, const float* dout, const float* x,
                   LossTarget<float> target, std::int64_t n, float* dx, bool accumulate) {
  if (n == 0) return;
  launch(Loss::name, loss_backward_kernel<Loss>, blocks_for_packs(n), kBlockSize, 0, stream, loss,
         dout, x, target, n, dx, accumulate);
}

#define KILN_INSTANTIATE(Loss, loss_name)                                             \
  template void loss_forward<Loss>(CudaStream, Loss, const float*, LossTarget<float>, \
                                   std::int64_t, float*, float*);                     \
  template void loss_backward<Loss>(CudaStream, Loss, const float*, const float*,     \
                                    LossTarget<float>, std::int64_t, float*, bool);
KILN_LOSSES(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
