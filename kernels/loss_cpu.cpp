// SPDX-License-Identifier: MIT
#include "kernels/loss.h"
#include "kernels/partial_sums_cpu.h"

namespace kiln::kernels {
namespace {

template <class T>
T target_at(const LossTarget<T>& target, std::int64_t i) {
  return target.values != nullptr ? target.values[i] : target.constant;
}

}  // namespace

template <class Loss, class T>
void loss_forward(CpuStream, Loss loss, const LossArgs<T>& args, Activation x_activation, T* out,
                  T* workspace, const T* weights) {
  const auto weight_at = [=](std::int64_t i) { return weights != nullptr ? weights[i] : T(1); };
  T total = 0;
  if (args.dx == nullptr) {
    total = sum_of<T>(args.n, workspace, [=](std::int64_t i) {
      return weight_at(i) * loss.value(args.x[i], target_at(args.target, i));
    });
  } else {
    with_activation(x_activation, [&](auto act) {
      total = sum_of<T>(args.n, workspace, [=](std::int64_t i) {
        const T x = args.x[i], t = target_at(args.target, i), weight = weight_at(i);
        args.dx[i] = args.scale * weight * loss.derivative(x, t) * act.derivative(x, x);
        return weight * loss.value(x, t);
      });
    });
  }
  out[0] = args.n == 0 ? T(0) : args.scale * total;  // scale may be 1/n
}

template <class Loss, class T>
void loss_backward(CpuStream, Loss loss, const T* dout, const LossArgs<T>& args, bool accumulate) {
  if (args.n == 0) return;
  const T scale = dout[0] * args.scale;
  parallel_for(args.n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T value = scale * loss.derivative(args.x[i], target_at(args.target, i));
      args.dx[i] = accumulate ? args.dx[i] + value : value;
    }
  });
}

#define KILN_INSTANTIATE_TYPE(Loss, T)                                                           \
  template void loss_forward(CpuStream, Loss, const LossArgs<T>&, Activation, T*, T*, const T*); \
  template void loss_backward(CpuStream, Loss, const T*, const LossArgs<T>&, bool);
#define KILN_INSTANTIATE(Loss, snake_case_name) \
  KILN_INSTANTIATE_TYPE(Loss, float)            \
  KILN_INSTANTIATE_TYPE(Loss, double)
KILN_LOSSES(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE
#undef KILN_INSTANTIATE_TYPE

}  // namespace kiln::kernels
