// SPDX-License-Identifier: MIT
// Scalar functions in whose terms pointwise derivatives are written. The engine overloads the same
// names for Tensor, so that one formula serves the kernels and the differentiable graph.
#pragma once

#include <cmath>

#include "kernels/float_math.h"
#include "kernels/host_device.h"

namespace kiln::kernels {

using std::sqrt;

// On the CPU, of a float: what loops can vectorize. Everywhere else the library's.
#if defined(__CUDA_ARCH__)
#define KILN_SCALAR_FUNCTION(name)                                     \
  KILN_HOST_DEVICE inline float name(float x) { return std::name(x); } \
  KILN_HOST_DEVICE inline double name(double x) { return std::name(x); }
#else
#define KILN_SCALAR_FUNCTION(name)                                            \
  KILN_HOST_DEVICE inline float name(float x) { return float_math::name(x); } \
  KILN_HOST_DEVICE inline double name(double x) { return std::name(x); }
#endif
KILN_SCALAR_FUNCTION(exp)
KILN_SCALAR_FUNCTION(log)
KILN_SCALAR_FUNCTION(log1p)
KILN_SCALAR_FUNCTION(tanh)
#undef KILN_SCALAR_FUNCTION

// 1 where x > 0, else 0; NaN stays NaN.
template <class T>
KILN_HOST_DEVICE T step(T x) {
  return x > 0 ? T(1) : (x <= 0 ? T(0) : x);
}

// -1, 0 or 1; NaN stays NaN.
template <class T>
KILN_HOST_DEVICE T sign(T x) {
  return x > 0 ? T(1) : (x < 0 ? T(-1) : x);
}

// 1 / (1 + exp(-x)); exp(-x) = inf gives 0, as it should.
template <class T>
KILN_HOST_DEVICE T sigmoid(T x) {
  return T(1) / (T(1) + exp(-x));
}

// log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)), which never overflows.
template <class T>
KILN_HOST_DEVICE T softplus(T x) {
  const T positive = x > 0 ? x : T(0);
  return positive + log1p(exp(x > 0 ? -x : x));
}

// max(x, bound); NaN stays NaN.
template <class T>
KILN_HOST_DEVICE T clamp_min(T x, double bound) {
  return x < T(bound) ? T(bound) : x;
}

// A constant of the type of `like`.
template <class T>
KILN_HOST_DEVICE T constant_like(T /*like*/, double value) {
  return T(value);
}

}  // namespace kiln::kernels
