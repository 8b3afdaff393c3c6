// SPDX-License-Identifier: MIT
#include "engine/optim/adam.h"

#include <cstddef>
#include <cstring>

#include "engine/dispatch.h"
#include "engine/optim/check_setting.h"

namespace kiln::optim {
namespace {

Tensor zeros_like(const Tensor& x) { return Tensor::zeros(x.shape(), x.device(), x.dtype()); }

template <class T>
Tensor to_bytes(const T& value, Device device) {
  std::vector<std::uint8_t> bytes(sizeof(T));
  std::memcpy(bytes.data(), &value, sizeof(T));
  return Tensor::from_host(bytes, {static_cast<std::int64_t>(sizeof(T))}, device);
}

template <class T>
T from_bytes(const Tensor& tensor) {
  const std::vector<std::uint8_t> bytes = tensor.to_host<std::uint8_t>();
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

}  // namespace

Adam::Adam(ParameterArena& arena, AdamConfig config, Tensor average)
    : arena_(arena),
      config_(config),
      exp_avg_(zeros_like(arena.values())),
      exp_avg_sq_(zeros_like(arena.values())),
      average_(std::move(average)) {
  check_not_negative("adam", "learning rate", config.learning_rate);
  check_not_negative("adam", "epsilon", config.epsilon);
  check_not_negative("adam", "weight decay", config.weight_decay);
  check_not_negative("adam", "number of warm-up steps", static_cast<double>(config.warmup_steps));
  check_fraction("adam", "beta1", config.beta1);
  check_fraction("adam", "beta2", config.beta2);
  check_fraction("adam", "average decay", config.average_decay);
  const Tensor& values = arena.values();
  if (average_.defined()) {
    require_same_kind("adam", average_, values);
    if (average_.shape() != values.shape()) {
      throw Error("[adam] average " + to_string(average_.shape()) + " does not match parameters " +
                  to_string(values.shape()));
    }
  }
  dispatch("adam", values, [&](auto, auto zero) {
    state_ = to_bytes(kernels::AdamState<decltype(zero)>::first(config_), values.device());
  });
}

void Adam::set_learning_rate(double learning_rate) {
  check_not_negative("adam", "learning rate", learning_rate);
  if (learning_rate == config_.learning_rate) return;
  config_.learning_rate = learning_rate;
  dispatch("adam", arena_.values(), [&](auto, auto zero) {
    using State = kernels::AdamState<decltype(zero)>;
    const auto rate = static_cast<decltype(zero)>(learning_rate);
    auto* const place = static_cast<std::byte*>(state_.raw()) + offsetof(State, learning_rate);
    state_.device().copy_from_host(&rate, place, sizeof(rate));
  });
}

std::int64_t Adam::num_steps() const {
  std::int64_t steps = 0;
  dispatch("adam", arena_.values(), [&](auto, auto zero) {
    steps = from_bytes<kernels::AdamState<decltype(zero)>>(state_).t - 1;
  });
  return steps;
}

void Adam::step() {
  const Tensor& values = arena_.values();
  const Tensor& grads = arena_.grads();
  dispatch("adam", values, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::AdamArrays<T> arrays;
    arrays.p = values.data<T>();
    arrays.grad = grads.data<T>();
    arrays.m = exp_avg_.data<T>();
    arrays.v = exp_avg_sq_.data<T>();
    arrays.average = average_.defined() ? average_.data<T>() : nullptr;
    arrays.n = values.numel();
    kernels::adam(stream, config_, static_cast<kernels::AdamState<T>*>(state_.raw()), arrays);
  });
  arena_.zero_grad();
}

}  // namespace kiln::optim
