// SPDX-License-Identifier: MIT
// Stochastic gradient descent in PyTorch's form, over a whole parameter arena in one pass:
//   g = grad + weight_decay * p
//   m = momentum m + g                          momentum_buffer, 0 at first
//   p = p - rate * m,   or, with nesterov,   p = p - rate * (g + momentum m)
// With momentum 0 there is no m, and p = p - rate * g. The rate is
// learning_rate * min(1, t/warmup_steps) in update t = 1, 2, ...
//
// The same pass can keep an exponential moving average of the parameters (parameter_update.h).
#pragma once

#include <cstdint>

#include "kernels/host_device.h"
#include "kernels/parameter_update.h"
#include "kernels/stream.h"

namespace kiln::kernels {

struct SgdConfig {
  static constexpr const char* kName = "sgd";
  template <class T>
  using State = UpdateState<T>;

  double learning_rate = 1e-2;
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
  std::int64_t warmup_steps = 0;
  double average_decay = 0;
};

// The update of one parameter. There is no v.
template <class T>
struct SgdRule {
  T momentum, weight_decay;
  bool nesterov;

  explicit SgdRule(const SgdConfig& config)
      : momentum(static_cast<T>(config.momentum)),
        weight_decay(static_cast<T>(config.weight_decay)),
        nesterov(config.nesterov) {}

  KILN_HOST_DEVICE void update(const UpdateState<T>& state, T& p, T grad, T& m, T&) const {
    const T g = grad + weight_decay * p;
    m = momentum * m + g;
    p -= state.learning_rate * static_cast<T>(state.warmup) * (nesterov ? g + momentum * m : m);
  }
};

// One update; then state->advance(config). arrays.m may be null where momentum is 0.
template <class T>
void update(CpuStream stream, const SgdConfig& config, UpdateState<T>* state,
            const ParameterArrays<T>& arrays);
void update(CudaStream stream, const SgdConfig& config, UpdateState<float>* state,
            const ParameterArrays<float>& arrays);

}  // namespace kiln::kernels
