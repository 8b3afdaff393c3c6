// SPDX-License-Identifier: MIT
#include "engine/optim/sgd.h"

#include <utility>

#include "engine/dispatch.h"
#include "engine/optim/check_setting.h"

namespace kiln::optim {
namespace {

SgdConfig checked(const SgdConfig& config) {
  check_not_negative("sgd", "learning rate", config.learning_rate);
  check_not_negative("sgd", "momentum", config.momentum);
  check_not_negative("sgd", "weight decay", config.weight_decay);
  check_not_negative("sgd", "number of warm-up steps", static_cast<double>(config.warmup_steps));
  check_fraction("sgd", "average decay", config.average_decay);
  if (config.nesterov && config.momentum == 0)
    throw Error("[sgd] nesterov wants a momentum above 0");
  return config;
}

}  // namespace

Sgd::Sgd(ParameterArena& arena, SgdConfig config, Tensor average)
    : arena_(arena),
      config_(checked(config)),
      average_(std::move(average)),
      state_(config_, arena.values()) {
  const Tensor& values = arena.values();
  check_average("sgd", average_, values);
  if (config.momentum > 0) {
    momentum_buffer_ = Tensor::zeros(values.shape(), values.device(), values.dtype());
  }
}

void Sgd::set_learning_rate(double learning_rate) {
  check_not_negative("sgd", "learning rate", learning_rate);
  if (learning_rate == config_.learning_rate) return;
  config_.learning_rate = learning_rate;
  state_.set_learning_rate(learning_rate);
}

void Sgd::visit_state(StateVisitor& visitor, const std::string& name) {
  if (momentum_buffer_.defined()) visitor.visit(name + ".momentum_buffer", momentum_buffer_);
  visitor.visit(name + ".learning_rate", config_.learning_rate);
  state_.visit_state(visitor, name);
}

std::int64_t Sgd::num_steps() const { return state_.num_steps(); }

void Sgd::step() {
  const Tensor& values = arena_.values();
  const Tensor& grads = arena_.grads();
  dispatch("sgd", values, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::ParameterArrays<T> arrays;
    arrays.p = values.data<T>();
    arrays.grad = grads.data<T>();
    arrays.m = momentum_buffer_.defined() ? momentum_buffer_.data<T>() : nullptr;
    arrays.average = average_.defined() ? average_.data<T>() : nullptr;
    arrays.n = values.numel();
    kernels::sgd(stream, config_, state_.data<T>(), arrays);
  });
  arena_.zero_grad();
}

}  // namespace kiln::optim
