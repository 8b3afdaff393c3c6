// SPDX-License-Identifier: MIT
#include "engine/optim/sgd.h"

#include "engine/dispatch.h"
#include "engine/optim/check_setting.h"
#include "kernels/vector.h"

namespace kiln::optim {

Sgd::Sgd(ParameterArena& arena, SgdConfig config) : arena_(arena), config_(config) {
  check_not_negative("sgd", "learning rate", config.learning_rate);
  check_not_negative("sgd", "momentum", config.momentum);
  check_not_negative("sgd", "weight decay", config.weight_decay);
  if (config.momentum > 0) {
    const Tensor& values = arena.values();
    momentum_buffer_ = Tensor::zeros(values.shape(), values.device(), values.dtype());
  }
}

void Sgd::set_learning_rate(double learning_rate) {
  check_not_negative("sgd", "learning rate", learning_rate);
  config_.learning_rate = learning_rate;
}

void Sgd::step() {
  const Tensor& values = arena_.values();
  const Tensor& grads = arena_.grads();
  const std::int64_t n = values.numel();
  dispatch("sgd", values, [&](auto stream, auto zero) {
    using T = decltype(zero);
    T* p = values.data<T>();
    T* g = grads.data<T>();
    if (config_.weight_decay > 0) {
      kernels::axpy(stream, static_cast<T>(config_.weight_decay), p, g, n);
    }
    T* update = g;
    if (momentum_buffer_.defined()) {
      update = momentum_buffer_.data<T>();
      kernels::scale(stream, static_cast<T>(config_.momentum), update, n);
      kernels::axpy(stream, T(1), g, update, n);
    }
    kernels::axpy(stream, static_cast<T>(-config_.learning_rate), update, p, n);
  });
  arena_.zero_grad();
}

}  // namespace kiln::optim
