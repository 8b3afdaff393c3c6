// SPDX-License-Identifier: MIT
// Every pointwise op y = f(x), declared once. A struct holds its name, forward f(x) and derivative
// f'(x) given x and y = f(x); KILN_POINTWISE_OPS lists them. The CPU loops, the CUDA kernels, the
// dispatch, the tests and the benches expand from that list.
//
// `derivative` is a template because it is evaluated twice over: on scalars in the fused backward
// kernels, and on Tensors where a gradient is itself recorded for differentiation. It may use
// + - * /, integer literals, the op's own parameters and the functions of scalar_math.h.
#pragma once

#include <type_traits>

#include "kernels/scalar_math.h"

namespace kiln::kernels {

struct Affine {
  static constexpr const char* name = "affine";
  double scale = 1;
  double shift = 0;
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return T(scale) * x + T(shift);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return constant_like(x, scale);
  }
};

struct Relu {
  static constexpr const char* name = "relu";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return x < 0 ? T(0) : x;
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& /*x*/, const T& y) const {
    return step(y);
  }
};

// slope must be positive: the derivative is read off the sign of y.
struct LeakyRelu {
  static constexpr const char* name = "leaky_relu";
  float slope = 0.01f;
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return x < 0 ? T(slope) * x : x;
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& /*x*/, const T& y) const {
    return slope + (1 - slope) * step(y);
  }
};

struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return sigmoid(x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& /*x*/, const T& y) const {
    return y * (1 - y);
  }
};

struct Tanh {
  static constexpr const char* name = "tanh";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return tanh(x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& /*x*/, const T& y) const {
    return 1 - y * y;
  }
};

// softplus'(x) = sigmoid(x) = 1 - exp(-softplus(x)).
struct Softplus {
  static constexpr const char* name = "softplus";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return softplus(x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return sigmoid(x);
  }
};

struct Exp {
  static constexpr const char* name = "exp";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return exp(x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& /*x*/, const T& y) const {
    return 1 * y;
  }
};

struct Log {
  static constexpr const char* name = "log";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return log(x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return 1 / x;
  }
};

struct Sqrt {
  static constexpr const char* name = "sqrt";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return sqrt(x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& /*x*/, const T& y) const {
    return 1 / (y + y);
  }
};

struct Square {
  static constexpr const char* name = "square";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return x * x;
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return x + x;
  }
};

struct Abs {
  static constexpr const char* name = "abs";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return x < 0 ? -x : x;
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return sign(x);
  }
};

struct ClampMin {
  static constexpr const char* name = "clamp_min";
  float bound = 0;
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return clamp_min(x, bound);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return step(x - bound);
  }
};

struct Step {
  static constexpr const char* name = "step";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return step(x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return constant_like(x, 0);
  }
};

struct Sign {
  static constexpr const char* name = "sign";
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return sign(x);
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return constant_like(x, 0);
  }
};

// True for ops whose derivative is 0 wherever it exists.
template <class Op>
inline constexpr bool is_piecewise_constant = std::is_same_v<Op, Step> || std::is_same_v<Op, Sign>;

}  // namespace kiln::kernels

// X(Op, snake_case_name)
#define KILN_POINTWISE_OPS(X) \
  X(Affine, affine)           \
  X(Relu, relu)               \
  X(LeakyRelu, leaky_relu)    \
  X(Sigmoid, sigmoid)         \
  X(Tanh, tanh)               \
  X(Softplus, softplus)       \
  X(Exp, exp)                 \
  X(Log, log)                 \
  X(Sqrt, sqrt)               \
  X(Square, square)           \
  X(Abs, abs)                 \
  X(ClampMin, clamp_min)      \
  X(Step, step)               \
  X(Sign, sign)
