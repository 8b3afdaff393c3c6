// SPDX-License-Identifier: MIT
#include "engine/optim/clip_grad.h"

#include "engine/dispatch.h"
#include "engine/optim/check_setting.h"
#include "kernels/clip.h"
#include "kernels/reduce.h"

namespace kiln::optim {

Tensor clip_grad_norm(const ParameterArena& arena, double max_norm) {
  check_not_negative("clip_grad", "norm", max_norm);
  const Tensor& grads = arena.grads();
  const Tensor norm = Tensor::empty({2}, grads.device(), grads.dtype());
  const Tensor workspace = Tensor::empty({kernels::kSumWorkspace}, grads.device(), grads.dtype());
  dispatch("clip_grad", grads, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::clip_by_norm(stream, static_cast<T>(max_norm), grads.data<T>(), grads.numel(),
                          norm.data<T>(), workspace.data<T>());
  });
  return norm.slice(0, {});
}

void clip_grad_value(const ParameterArena& arena, double max_value) {
  check_not_negative("clip_grad", "value", max_value);
  const Tensor& grads = arena.grads();
  dispatch("clip_grad", grads, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::clip_by_value(stream, static_cast<T>(max_value), grads.data<T>(), grads.numel());
  });
}

}  // namespace kiln::optim
