// SPDX-License-Identifier: MIT
// Adam (Kingma & Ba 2015) in PyTorch's form, over a whole parameter arena in one pass:
//   g = grad + weight_decay * p
//   m = beta1 m + (1 - beta1) g                 exp_avg
//   v = beta2 v + (1 - beta2) g^2               exp_avg_sq
//   p = p - learning_rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
// with t counted from 1. epsilon is added after the square root is bias-corrected; other forms of
// Adam put it elsewhere and give other weights.
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
};

// What one update needs of the configuration and the step count, worked out once in double.
template <class T>
struct AdamStep {
  T beta1;
  T one_minus_beta1;
  T beta2;
  T one_minus_beta2;
  T step_size;              // learning_rate / (1 - beta1^t)
  T sqrt_bias_correction2;  // sqrt(1 - beta2^t)
  T epsilon;
  T weight_decay;

  AdamStep(const AdamConfig& config, std::int64_t t)
      : beta1(static_cast<T>(config.beta1)),
        one_minus_beta1(static_cast<T>(1 - config.beta1)),
        beta2(static_cast<T>(config.beta2)),
        one_minus_beta2(static_cast<T>(1 - config.beta2)),
        step_size(static_cast<T>(config.learning_rate /
                                 (1 - std::pow(config.beta1, static_cast<double>(t))))),
        sqrt_bias_correction2(
            static_cast<T>(std::sqrt(1 - std::pow(config.beta2, static_cast<double>(t))))),
        epsilon(static_cast<T>(config.epsilon)),
        weight_decay(static_cast<T>(config.weight_decay)) {}

  KILN_HOST_DEVICE void update(T& p, T grad, T& m, T& v) const {
    const T g = grad + weight_decay * p;
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * g * g;
    p -= step_size * m / (std::sqrt(v) / sqrt_bias_correction2 + epsilon);
  }
};

template <class T>
void adam(CpuStream stream, const AdamStep<T>& step, T* p, const T* grad, T* m, T* v,
          std::int64_t n);
void adam(CudaStream stream, const AdamStep<float>& step, float* p, const float* grad, float* m,
          float* v, std::int64_t n);

}  // namespace kiln::kernels
