// SPDX-License-Identifier: MIT
// An optimizer over a parameter arena: one kernel an update, with an average of the parameters if
// one is kept. Config is that of a rule of kernels/parameter_update.h; what the rule remembers of
// each parameter is named, and the config checked, in an OptimizerRule<Config>.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "engine/autograd/anomaly.h"
#include "engine/dispatch.h"
#include "engine/optim/check_setting.h"
#include "engine/optim/device_state.h"
#include "engine/optim/parameter_arena.h"
#include "kernels/parameter_update.h"

namespace kiln::optim {

// Of a Config:
//   static void check(const Config&)            throws for a setting of its own that cannot be
//   static std::string first(const Config&)     names of the arrays m and v,
//   static std::string second(const Config&)    empty where there is none
template <class Config>
struct OptimizerRule;

template <class Config>
class Optimizer {
 public:
  // `arena` must outlive the optimizer. `average`, of the same shape as its values, becomes their
  // exponential moving average. Errors: a learning rate, weight decay or number of warm-up steps
  // that is negative or not finite; an average decay outside [0, 1); an average of another shape;
  // those of the rule.
  Optimizer(ParameterArena& arena, Config config, Tensor average = {});

  // Applies the gradients, then forgets them.
  void step();

  // Takes effect at the next step, a replayed one too.
  void set_learning_rate(double learning_rate);
  const Config& config() const { return config_; }
  // What it remembers, the step count and the learning rate; parameters and average are their
  // owners'.
  void visit_state(StateVisitor& visitor, const std::string& name);
  // Updates so far, replayed ones too. Waits for the device.
  std::int64_t num_steps() const { return state_.num_steps(); }

 private:
  using Rule = OptimizerRule<Config>;

  static Config checked(const Config& config);
  static Tensor memory(const std::string& name, const Tensor& values);

  ParameterArena& arena_;
  Config config_;
  Tensor m_, v_, average_;  // any may be undefined
  DeviceState<Config> state_;
};

template <class Config>
Config Optimizer<Config>::checked(const Config& config) {
  check_not_negative(Config::kName, "learning rate", config.learning_rate);
  check_not_negative(Config::kName, "weight decay", config.weight_decay);
  check_not_negative(Config::kName, "number of warm-up steps",
                     static_cast<double>(config.warmup_steps));
  check_fraction(Config::kName, "average decay", config.average_decay);
  Rule::check(config);
  return config;
}

template <class Config>
Tensor Optimizer<Config>::memory(const std::string& name, const Tensor& values) {
  if (name.empty()) return {};
  return Tensor::zeros(values.shape(), values.device(), values.dtype());
}

template <class Config>
Optimizer<Config>::Optimizer(ParameterArena& arena, Config config, Tensor average)
    : arena_(arena),
      config_(checked(config)),
      m_(memory(Rule::first(config), arena.values())),
      v_(memory(Rule::second(config), arena.values())),
      average_(std::move(average)),
      state_(config_, arena.values()) {
  check_average(Config::kName, average_, arena.values());
}

template <class Config>
void Optimizer<Config>::set_learning_rate(double learning_rate) {
  check_not_negative(Config::kName, "learning rate", learning_rate);
  if (learning_rate == config_.learning_rate) return;
  config_.learning_rate = learning_rate;
  state_.set_learning_rate(learning_rate);
}

template <class Config>
void Optimizer<Config>::visit_state(StateVisitor& visitor, const std::string& name) {
  if (m_.defined()) visitor.visit(name + '.' + Rule::first(config_), m_);
  if (v_.defined()) visitor.visit(name + '.' + Rule::second(config_), v_);
  visitor.visit(name + ".learning_rate", config_.learning_rate);
  state_.visit_state(visitor, name);
}

template <class Config>
void Optimizer<Config>::step() {
  const Tensor& values = arena_.values();
  const Tensor& grads = arena_.grads();
  dispatch(Config::kName, values, [&](auto stream, auto zero) {
    using T = decltype(zero);
    const auto data = [](const Tensor& tensor) {
      return tensor.defined() ? tensor.data<T>() : nullptr;
    };
    update(stream, config_, state_.template data<T>(),
           kernels::ParameterArrays<T>{data(values), data(grads), data(m_), data(v_),
                                       data(average_), values.numel()});
  });
  arena_.zero_grad();
  detect_anomaly("a weight", Config::kName, values);
  for (const Tensor& remembered : {m_, v_}) {
    if (remembered.defined()) detect_anomaly("a moment", Config::kName, remembered);
  }
}

}  // namespace kiln::optim
