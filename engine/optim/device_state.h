// SPDX-License-Identifier: MIT
// What an optimizer's kernel keeps from update to update (kernels/parameter_update.h), in the
// memory of the parameters' device, where a replayed step finds it.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "engine/dispatch.h"
#include "engine/state.h"
#include "engine/tensor.h"

namespace kiln::optim {

// Config::State<T> has a learning_rate of type T and t, the number of the coming update.
template <class Config>
class DeviceState {
 public:
  template <class T>
  using State = typename Config::template State<T>;

  DeviceState(const Config& config, const Tensor& parameters) : parameters_(parameters) {
    with_type([&](auto zero) {
      const auto state = State<decltype(zero)>::first(config);
      std::vector<std::uint8_t> bytes(sizeof(state));
      std::memcpy(bytes.data(), &state, sizeof(state));
      bytes_ =
          Tensor::from_host(bytes, {static_cast<std::int64_t>(bytes.size())}, parameters.device());
    });
  }

  template <class T>
  State<T>* data() const {
    return static_cast<State<T>*>(bytes_.raw());
  }

  void set_learning_rate(double learning_rate) {
    with_type([&](auto zero) {
      const auto rate = static_cast<decltype(zero)>(learning_rate);
      bytes_.device().copy_from_host(&rate, &data<decltype(zero)>()->learning_rate, sizeof(rate));
    });
  }

  // Updates so far. Waits for the device.
  std::int64_t num_steps() const {
    std::int64_t steps = 0;
    with_type([&](auto zero) {
      State<decltype(zero)> state;
      const std::vector<std::uint8_t> bytes = bytes_.to_host<std::uint8_t>();
      std::memcpy(&state, bytes.data(), sizeof(state));
      steps = state.t - 1;
    });
    return steps;
  }

  // As the bytes of State<T>.
  void visit_state(StateVisitor& visitor, const std::string& name) const {
    visitor.visit(name + ".state", bytes_);
  }

 private:
  template <class F>
  void with_type(F f) const {
    dispatch("optimizer", parameters_, [&](auto, auto zero) { f(zero); });
  }

  Tensor parameters_;
  Tensor bytes_;
};

}  // namespace kiln::optim
