// SPDX-License-Identifier: MIT
// Adam (Kingma & Ba 2015) in PyTorch's form, over a whole parameter arena in one pass:
//   g = grad + weight_decay * p
//   m = beta1 m + (1 - beta1) g                 exp_avg
//   v = beta2 v + (1 - beta2) g^2               exp_avg_sq
//   p = p - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
// with t counted from 1. epsilon is added after the square root is bias-corrected; other forms of
// Adam put it elsewhere and give other weights. The rate is learning_rate * min(1, t/warmup_steps).
//
// The same pass can keep an exponential moving average of the parameters:
//   average = average + (1 - d) (p - average)   d = min(average_decay, (1 + t)/(10 + t))
// It starts short and lengthens, so that it forgets the initial weights.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.h"
#include "kernels/stream.h"

namespace kiln::kernels {

struct AdamConfig {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  std::int64_t warmup_steps = 0;
  double average_decay = 0;
};

// What changes from update to update. It lives in the device's memory and every update leaves it
// ready for the next, so that a recorded training step moves on when it is replayed.
template <class T>
struct AdamState {
  double beta1_power = 1;  // beta1^t
  double beta2_power = 1;  // beta2^t
  std::int64_t t = 0;      // number of the coming update
  T learning_rate = 0;     // may be written from the host at any time
  T rate_scale = 0;        // of the coming update: min(1, t/warmup_steps) / (1 - beta1^t)
  T sqrt_bias_correction2 = 0;
  T average_weight = 0;  // 1 - d

  // The state before the first update.
  static AdamState first(const AdamConfig& config) {
    AdamState state;
    state.learning_rate = static_cast<T>(config.learning_rate);
    state.advance(config);
    return state;
  }

  KILN_HOST_DEVICE void advance(const AdamConfig& config) {
    ++t;
    beta1_power *= config.beta1;
    beta2_power *= config.beta2;
    const auto steps = static_cast<double>(t);
    const double warmup =
        t < config.warmup_steps ? steps / static_cast<double>(config.warmup_steps) : 1;
    rate_scale = static_cast<T>(warmup / (1 - beta1_power));
    sqrt_bias_correction2 = static_cast<T>(std::sqrt(1 - beta2_power));
    const double ramp = (1 + steps) / (10 + steps);
    average_weight =
        static_cast<T>(1 - (ramp < config.average_decay ? ramp : config.average_decay));
  }
};

// The update of one parameter, with the configuration's constants worked out once in double.
template <class T>
struct AdamRule {
  T beta1, one_minus_beta1;
  T beta2, one_minus_beta2;
  T epsilon, weight_decay;

  explicit AdamRule(const AdamConfig& config)
      : beta1(static_cast<T>(config.beta1)),
        one_minus_beta1(static_cast<T>(1 - config.beta1)),
        beta2(static_cast<T>(config.beta2)),
        one_minus_beta2(static_cast<T>(1 - config.beta2)),
        epsilon(static_cast<T>(config.epsilon)),
        weight_decay(static_cast<T>(config.weight_decay)) {}

  KILN_HOST_DEVICE void update(const AdamState<T>& state, T& p, T grad, T& m, T& v) const {
    const T g = grad + weight_decay * p;
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * g * g;
    p -= state.learning_rate * state.rate_scale * m /
         (std::sqrt(v) / state.sqrt_bias_correction2 + epsilon);
  }
};

// All arrays have n elements; `average` may be null.
template <class T>
struct AdamArrays {
  T* p = nullptr;
  const T* grad = nullptr;
  T* m = nullptr;
  T* v = nullptr;
  T* average = nullptr;
  std::int64_t n = 0;
};

// One update; then state->advance(config).
template <class T>
void adam(CpuStream stream, const AdamConfig& config, AdamState<T>* state,
          const AdamArrays<T>& arrays);
void adam(CudaStream stream, const AdamConfig& config, AdamState<float>* state,
          const AdamArrays<float>& arrays);

}  // namespace kiln::kernels
