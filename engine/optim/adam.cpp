// SPDX-License-Identifier: MIT
#include "engine/optim/adam.h"

#include "engine/dispatch.h"
#include "engine/optim/check_setting.h"

namespace kiln::optim {
namespace {

Tensor zeros_like(const Tensor& x) { return Tensor::zeros(x.shape(), x.device(), x.dtype()); }

}  // namespace

Adam::Adam(ParameterArena& arena, AdamConfig config)
    : arena_(arena),
      config_(config),
      exp_avg_(zeros_like(arena.values())),
      exp_avg_sq_(zeros_like(arena.values())) {
  check_not_negative("adam", "learning rate", config.learning_rate);
  check_not_negative("adam", "epsilon", config.epsilon);
  check_not_negative("adam", "weight decay", config.weight_decay);
  check_fraction("adam", "beta1", config.beta1);
  check_fraction("adam", "beta2", config.beta2);
}

void Adam::set_learning_rate(double learning_rate) {
  check_not_negative("adam", "learning rate", learning_rate);
  config_.learning_rate = learning_rate;
}

void Adam::step() {
  ++num_steps_;
  const Tensor& values = arena_.values();
  const Tensor& grads = arena_.grads();
  dispatch("adam", values, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::adam(stream, kernels::AdamStep<T>(config_, num_steps_), values.data<T>(),
                  grads.data<T>(), exp_avg_.data<T>(), exp_avg_sq_.data<T>(), values.numel());
  });
  arena_.zero_grad();
}

}  // namespace kiln::optim
