// SPDX-License-Identifier: MIT
#include "kernels/loss.h"
#include "kernels/partial_sums_cpu.h"

namespace kiln::kernels {

template <class Loss, class T>
void loss_forward(CpuStream, Loss loss, const T* x, LossTarget<T> target, std::int64_t n, T* out,
                  T* workspace) {
  const T total = sum_of<T>(n, workspace, [=](std::int64_t i) {
    return loss.value(x[i], target.values != nullptr ? target.values[i] : target.constant);
  });
  out[0] = n == 0 ? T(0) : total / static_cast<T>(n);
}

template <class Loss, class T>
void loss_backward(CpuStream, Loss loss, const T* dout, const T* x, LossTarget<T> target,
                   std::int64_t n, T* dx, bool accumulate) {
  if (n == 0) return;
  const T scale = dout[0] / static_cast<T>(n);
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T t = target.values != nullptr ? target.values[i] : target.constant;
      const T value = scale * loss.derivative(x[i], t);
      dx[i] = accumulate ? dx[i] + value : value;
    }
  });
}

#define KILN_INSTANTIATE_TYPE(Loss, T)                                                          \
  template void loss_forward(CpuStream, Loss, const T*, LossTarget<T>, std::int64_t, T*, T*);   \
  template void loss_backward(CpuStream, Loss, const T*, const T*, LossTarget<T>, std::int64_t, \
                              T*, bool);
#define KILN_INSTANTIATE(Loss, snake_case_name) \
  KILN_INSTANTIATE_TYPE(Loss, float)            \
  KILN_INSTANTIATE_TYPE(Loss, double)
KILN_LOSSES(KILN_INSTANTIATE)

}  // namespace kiln::kernels
