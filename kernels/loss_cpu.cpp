// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "kernels/loss.h"
#include "kernels/partial_sums_cpu.h"

namespace kiln::kernels {

inline constexpr std::int64_t kLossBlock = 512;

// An array of numbers, or one that stands for all of them. A loop that chose at each would consist
// of masked loads, which take hundreds of cycles where they leave out a null address.
template <class T>
class LossOperand {
 public:
  LossOperand(const T* values, T constant) : values_(values) {
    if (values == nullptr) constants_.fill(constant);
  }
  // Of elements [i, i + kLossBlock).
  const T* block(std::int64_t i) const { return values_ != nullptr ? values_ + i : &constants_[0]; }

 private:
  const T* values_;
  std::array<T, kLossBlock> constants_;
};

// sum over i of f(i, x[i], target of i, weight of i)
template <class T, class F>
T sum_of_terms(const LossArgs<T>& args, const T* weights, T* workspace, F f) {
  const LossOperand<T> all_targets(args.target.values, args.target.constant),
      all_weights(weights, 1);
  return sum_of_parts<T>(args.n, workspace, [&, f](std::int64_t begin, std::int64_t end) {
    T sum = 0;
    for (std::int64_t first = begin; first < end; first += kLossBlock) {
      const T *x = args.x + first, *t = all_targets.block(first), *w = all_weights.block(first);
      const std::int64_t count = std::min(end - first, kLossBlock);
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = 0; i < count; ++i) sum += f(first + i, x[i], t[i], w[i]);
    }
    return sum;
  });
}

template <class Loss, class T>
void loss_forward(CpuStream, Loss loss, const LossArgs<T>& args, Activation x_activation, T* out,
                  T* workspace, const T* weights) {
  T total = 0;
  if (args.dx == nullptr) {
    total = sum_of_terms(args, weights, workspace, [=](std::int64_t, T x, T t, T weight) {
      return weight * loss.value(x, t);
    });
  } else {
    with_activation(x_activation, [&](auto act) {
      total = sum_of_terms(args, weights, workspace, [=](std::int64_t i, T x, T t, T weight) {
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
  const LossOperand<T> targets(args.target.values, args.target.constant);
  parallel_for(args.n, kParallelGrain, [=, &targets](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += kLossBlock) {
      const T *const x = args.x + first, *const t = targets.block(first);
      T* const dx = args.dx + first;
      const std::int64_t count = std::min(end - first, kLossBlock);
      const auto gradient = [=](std::int64_t i) { return scale * loss.derivative(x[i], t[i]); };
      if (accumulate) {
        for (std::int64_t i = 0; i < count; ++i) dx[i] += gradient(i);
      } else {
        for (std::int64_t i = 0; i < count; ++i) dx[i] = gradient(i);
      }
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
