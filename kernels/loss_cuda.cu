// SPDX-License-Identifier: MIT
// loss.h on CUDA: the value and the gradient leave one read of x.
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"
#include "kernels/loss.h"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

// The terms of sum_kernel: w[i] loss.value(x[i], t[i]). Each is asked for once, which is when its
// gradient is written.
template <class Loss>
struct LossTerm {
  Loss loss;
  LossArgs<float> args;
  Activation x_activation;
  const float* weights;

  template <int kWidth>
  static __device__ void store_unaligned(float* p, const Pack<kWidth>& pack) {
    if (is_aligned_for<kWidth>(p)) return store_pack(p, pack);
    for (int k = 0; k < kWidth; ++k) p[k] = pack.at[k];
  }

  template <int kWidth>
  static __device__ Pack<kWidth> values_or(const float* p, std::int64_t i, float constant) {
    if (p != nullptr) return ArrayTerm{p}.at<kWidth>(i);
    Pack<kWidth> pack;
    for (int k = 0; k < kWidth; ++k) pack.at[k] = constant;
    return pack;
  }

  template <int kWidth>
  __device__ Pack<kWidth> at(std::int64_t i) const {
    const auto x = ArrayTerm{args.x}.at<kWidth>(i);
    const auto t = values_or<kWidth>(args.target.values, i, args.target.constant);
    const auto weight = values_or<kWidth>(weights, i, 1.0f);
    Pack<kWidth> terms;
    for (int k = 0; k < kWidth; ++k) terms.at[k] = weight.at[k] * loss.value(x.at[k], t.at[k]);
    if (args.dx != nullptr) {
      Pack<kWidth> dx;
      with_activation(x_activation, [&](auto act) {
        for (int k = 0; k < kWidth; ++k) {
          dx.at[k] = args.scale * weight.at[k] * loss.derivative(x.at[k], t.at[k]) *
                     act.derivative(x.at[k], x.at[k]);
        }
      });
      store_unaligned(args.dx + i, dx);
    }
    return terms;
  }
};

template <class Loss>
__global__ void loss_backward_kernel(Loss loss, const float* dout, LossArgs<float> args,
                                     bool accumulate) {
  const float scale = dout[0] * args.scale;
  const bool aligned = is_aligned_for<4>(args.x, args.target.values, args.dx);
  for_each_pack(args.n, aligned, [&](auto width, std::int64_t i) {
    constexpr int kWidth = decltype(width)::value;
    const auto x = load_pack<kWidth>(args.x + i);
    const auto t = load_pack_or<kWidth>(args.target.values, i, args.target.constant);
    Pack<kWidth> result;
    for (int k = 0; k < kWidth; ++k) result.at[k] = scale * loss.derivative(x.at[k], t.at[k]);
    if (accumulate) {
      const auto old = load_pack<kWidth>(args.dx + i);
      for (int k = 0; k < kWidth; ++k) result.at[k] = old.at[k] + result.at[k];
    }
    store_pack<kWidth>(args.dx + i, result);
  });
}

// ---- launchers

template <class Loss>
void loss_forward(CudaStream stream, Loss loss, const LossArgs<float>& args,
                  Activation x_activation, float* out, float* workspace, const float* weights) {
  launch_sum(Loss::name, stream, LossTerm<Loss>{loss, args, x_activation, weights}, args.n,
             args.scale, out, workspace);
}

template <class Loss>
void loss_backward(CudaStream stream, Loss loss, const float* dout, const LossArgs<float>& args,
                   bool accumulate) {
  if (args.n == 0) return;
  launch(Loss::name, loss_backward_kernel<Loss>, blocks_for_packs(args.n), kBlockSize, 0, stream,
         loss, dout, args, accumulate);
}

#define KILN_INSTANTIATE(Loss, loss_name)                                                        \
  template void loss_forward<Loss>(CudaStream, Loss, const LossArgs<float>&, Activation, float*, \
                                   float*, const float*);                                        \
  template void loss_backward<Loss>(CudaStream, Loss, const float*, const LossArgs<float>&, bool);
KILN_LOSSES(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
