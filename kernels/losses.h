// SPDX-License-Identifier: MIT
// Every elementwise loss, declared once and averaged over n elements by loss.h. A struct holds its
// name, value l(x, t) for prediction x and target t, and derivative dl/dx; KILN_LOSSES lists them.
// As in pointwise_ops.h, `derivative` is evaluated on scalars and on Tensors.
#pragma once

#include "kernels/scalar_math.h"

namespace kiln::kernels {

// Log-loss of a probability x in [0,1]: -(t log x + (1-t) log(1-x)), each log clamped at -100 and
// the derivative's denominator at 1e-12, as torch.nn.functional.binary_cross_entropy does.
struct LogLoss {
  static constexpr const char* name = "log_loss";
  template <class T>
  KILN_HOST_DEVICE T value(T x, T t) const {
    return (t - T(1)) * clamp_min(log1p(-x), -100.0) - t * clamp_min(log(x), -100.0);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& t) const {
    return (x - t) / clamp_min(x * (1 - x), 1e-12);
  }
};

// Log-loss of sigmoid(x), from the logit x: softplus(x) - t x, exact for any finite x.
struct BceWithLogits {
  static constexpr const char* name = "bce_with_logits";
  template <class T>
  KILN_HOST_DEVICE T value(T x, T t) const {
    const bool is_one = t == T(1);
    return softplus(is_one ? -x : x) - (is_one ? T(0) : t * x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& t) const {
    return sigmoid(x) - t;
  }
};

// Squared error (x - t)^2.
struct SquaredError {
  static constexpr const char* name = "squared_error";
  template <class T>
  KILN_HOST_DEVICE T value(T x, T t) const {
    return (x - t) * (x - t);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& t) const {
    return (x - t) + (x - t);
  }
};

// KL divergence of a Gaussian N(m, exp(v)) from N(0, 1), (m^2 + exp(v) - 1 - v) / 2 (Kingma and
// Welling 2014, appendix B), in two parts: t = 0 where x is a mean m, t = 1 where it is a
// log-variance v.
struct KlFromUnitGaussian {
  static constexpr const char* name = "kl_from_unit_gaussian";
  template <class T>
  KILN_HOST_DEVICE T value(T x, T t) const {
    return ((1 - t) * x * x + t * (exp(t * x) - 1 - x)) / 2;
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& t) const {
    return (1 - t) * x + t * (t * exp(t * x) - 1) / 2;
  }
};

// Hinge loss max(0, 1 - t x) of a score x for a class t of -1 or 1 (Lim & Ye 2017).
struct Hinge {
  static constexpr const char* name = "hinge";
  template <class T>
  KILN_HOST_DEVICE T value(T x, T t) const {
    return clamp_min(T(1) - t * x, 0.0);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& t) const {
    return -(t * step(1 - t * x));
  }
};

// -t x: with t 1 for real samples and -1 for others, the negative of a critic's estimate of the
// Wasserstein distance (Arjovsky et al. 2017).
struct Wasserstein {
  static constexpr const char* name = "wasserstein";
  template <class T>
  KILN_HOST_DEVICE T value(T x, T t) const {
    return -(t * x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& /*x*/, const T& t) const {
    return -t;
  }
};

}  // namespace kiln::kernels

// X(Loss, snake_case_name)
#define KILN_LOSSES(X)                         \
  X(LogLoss, log_loss)                         \
  X(BceWithLogits, bce_with_logits)            \
  X(SquaredError, squared_error)               \
  X(KlFromUnitGaussian, kl_from_unit_gaussian) \
  X(Hinge, hinge)                              \
  X(Wasserstein, wasserstein)
