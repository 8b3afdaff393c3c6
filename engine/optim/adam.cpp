// SPDX-License-Identifier: MIT
#include "engine/optim/adam.h"

#include <utility>

#include "engine/dispatch.h"
#include "engine/optim/check_setting.h"

namespace kiln::optim {
namespace {

Tensor zeros_like(const Tensor& x) { return Tensor::zeros(x.shape(), x.device(), x.dtype()); }

AdamConfig checked(const AdamConfig& config) {
  check_not_negative("adam", "learning rate", config.learning_rate);
  check_not_negative("adam", "epsilon", config.epsilon);
  check_not_negative("adam", "weight decay", config.weight_decay);
  check_not_negative("adam", "number of warm-up steps", static_cast<double>(config.warmup_steps));
  check_fraction("adam", "beta1", config.beta1);
  check_fraction("adam", "beta2", config.beta2);
  check_fraction("adam", "average decay", config.average_decay);
  return config;
}

}  // namespace

Adam::Adam(ParameterArena& arena, AdamConfig config, Tensor average)
    : arena_(arena),
      config_(checked(config)),
      exp_avg_(zeros_like(arena.values())),
      exp_avg_sq_(zeros_like(arena.values())),
      average_(std::move(average)),
      state_(config_, arena.values()) {
  check_average("adam", average_, arena.values());
}

void Adam::set_learning_rate(double learning_rate) {
  check_not_negative("adam", "learning rate", learning_rate);
  if (learning_rate == config_.learning_rate) return;
  config_.learning_rate = learning_rate;
  state_.set_learning_rate(learning_rate);
}

void Adam::visit_state(StateVisitor& visitor, const std::string& name) {
  visitor.visit(name + ".exp_avg", exp_avg_);
  visitor.visit(name + ".exp_avg_sq", exp_avg_sq_);
  visitor.visit(name + ".learning_rate", config_.learning_rate);
  state_.visit_state(visitor, name);
}

std::int64_t Adam::num_steps() const { return state_.num_steps(); }

void Adam::step() {
  const Tensor& values = arena_.values();
  const Tensor& grads = arena_.grads();
  dispatch("adam", values, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::ParameterArrays<T> arrays;
    arrays.p = values.data<T>();
    arrays.grad = grads.data<T>();
    arrays.m = exp_avg_.data<T>();
    arrays.v = exp_avg_sq_.data<T>();
    arrays.average = average_.defined() ? average_.data<T>() : nullptr;
    arrays.n = values.numel();
    kernels::adam(stream, config_, state_.data<T>(), arrays);
  });
  arena_.zero_grad();
}

}  // namespace kiln::optim
