// SPDX-License-Identifier: MIT
// RMSprop (Tieleman & Hinton 2012, lecture 6e) in PyTorch's form, over a whole parameter arena in
// one pass:
//   g = grad + weight_decay * p
//   s = alpha s + (1 - alpha) g^2               square_avg, 0 at first
//   b = momentum b + g / (sqrt(s) + epsilon)    momentum_buffer, 0 at first
//   p = p - rate * b
// With momentum 0 there is no b, and p = p - rate * g / (sqrt(s) + epsilon). The rate is
// learning_rate * min(1, t/warmup_steps) in update t = 1, 2, ...
//
// The same pass can keep an exponential moving average of the parameters (parameter_update.h).
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.h"
#include "kernels/parameter_update.h"
#include "kernels/stream.h"

namespace kiln::kernels {

struct RmspropConfig {
  static constexpr const char* kName = "rmsprop";
  template <class T>
  using State = UpdateState<T>;

  double learning_rate = 1e-2;
  double alpha = 0.99;
  double epsilon = 1e-8;
  double momentum = 0;
  double weight_decay = 0;
  std::int64_t warmup_steps = 0;
  double average_decay = 0;
};

// The update of one parameter: m is square_avg, v momentum_buffer.
template <class T>
struct RmspropRule {
  T alpha, one_minus_alpha;
  T epsilon, momentum, weight_decay;

  explicit RmspropRule(const RmspropConfig& config)
      : alpha(static_cast<T>(config.alpha)),
        one_minus_alpha(static_cast<T>(1 - config.alpha)),
        epsilon(static_cast<T>(config.epsilon)),
        momentum(static_cast<T>(config.momentum)),
        weight_decay(static_cast<T>(config.weight_decay)) {}

  KILN_HOST_DEVICE void update(const UpdateState<T>& state, T& p, T grad, T& m, T& v) const {
    const T g = grad + weight_decay * p;
    m = alpha * m + one_minus_alpha * g * g;
    v = momentum * v + g / (std::sqrt(m) + epsilon);
    p -= state.learning_rate * static_cast<T>(state.warmup) * v;
  }
};

// One update; then state->advance(config). arrays.v may be null where momentum is 0.
template <class T>
void update(CpuStream stream, const RmspropConfig& config, UpdateState<T>* state,
            const ParameterArrays<T>& arrays);
void update(CudaStream stream, const RmspropConfig& config, UpdateState<float>* state,
            const ParameterArrays<float>& arrays);

}  // namespace kiln::kernels
