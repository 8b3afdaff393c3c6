// SPDX-License-Identifier: MIT
// Adam (Kingma & Ba 2015) in PyTorch's form, over a whole parameter arena in one pass:
//   g = grad + weight_decay * p
//   m = beta1 m + (1 - beta1) g                 exp_avg
//   v = beta2 v + (1 - beta2) g^2               exp_avg_sq
//   p = p - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
// with t counted from 1. epsilon is added after the square root is bias-corrected; other forms of
// Adam put it elsewhere and give other weights. The rate is learning_rate * min(1, t/warmup_steps).
// With decoupled_weight_decay it is AdamW (Loshchilov & Hutter 2019): g = grad, and before the
// update p = p - rate * weight_decay * p.
//
// The same pass can keep an exponential moving average of the parameters (parameter_update.h).
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.h"
#include "kernels/parameter_update.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct AdamState;

struct AdamConfig {
  static constexpr const char* kName = "adam";
  template <class T>
  using State = AdamState<T>;

  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  std::int64_t warmup_steps = 0;
  double average_decay = 0;
  bool decoupled_weight_decay = false;
};

// What changes from update to update.
template <class T>
struct AdamState : UpdateState<T> {
  double beta1_power = 1;  // beta1^t
  double beta2_power = 1;  // beta2^t
  T rate_scale = 0;        // of the coming update: warmup / (1 - beta1^t)
  T sqrt_bias_correction2 = 0;

  // The state before the first update.
  static AdamState first(const AdamConfig& config) {
    AdamState state;
    state.learning_rate = static_cast<T>(config.learning_rate);
    state.advance(config);
    return state;
  }

  KILN_HOST_DEVICE void advance(const AdamConfig& config) {
    UpdateState<T>::advance(config);
    beta1_power *= config.beta1;
    beta2_power *= config.beta2;
    rate_scale = static_cast<T>(this->warmup / (1 - beta1_power));
    sqrt_bias_correction2 = static_cast<T>(std::sqrt(1 - beta2_power));
  }
};
static_assert(sizeof(AdamState<float>) == 48, "padding");

// The update of one parameter, with the configuration's constants worked out once in double.
template <class T>
struct AdamRule {
  T beta1, one_minus_beta1;
  T beta2, one_minus_beta2;
  T epsilon;
  T l2, decoupled_decay;  // either is the weight decay, the other is 0

  explicit AdamRule(const AdamConfig& config)
      : beta1(static_cast<T>(config.beta1)),
        one_minus_beta1(static_cast<T>(1 - config.beta1)),
        beta2(static_cast<T>(config.beta2)),
        one_minus_beta2(static_cast<T>(1 - config.beta2)),
        epsilon(static_cast<T>(config.epsilon)),
        l2(static_cast<T>(config.decoupled_weight_decay ? 0 : config.weight_decay)),
        decoupled_decay(static_cast<T>(config.decoupled_weight_decay ? config.weight_decay : 0)) {}

  KILN_HOST_DEVICE void update(const AdamState<T>& state, T& p, T grad, T& m, T& v) const {
    const T g = grad + l2 * p;
    p -= state.learning_rate * static_cast<T>(state.warmup) * decoupled_decay * p;
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * g * g;
    // The reciprocal is the same for all: one division a parameter, not two.
    p -= state.learning_rate * state.rate_scale * m /
         (std::sqrt(v) * (T(1) / state.sqrt_bias_correction2) + epsilon);
  }
};

// One update; then state->advance(config).
template <class T>
void update(CpuStream stream, const AdamConfig& config, AdamState<T>* state,
            const ParameterArrays<T>& arrays);
void update(CudaStream stream, const AdamConfig& config, AdamState<float>* state,
            const ParameterArrays<float>& arrays);

}  // namespace kiln::kernels
