// SPDX-License-Identifier: MIT
// Activations that a linear layer fuses. An activation qualifies when its derivative can be
// computed from its output y alone, so that the layer need not keep what went in.
#pragma once

#include "kernels/pointwise_ops.h"

namespace kiln::kernels {

struct Identity {
  template <class T>
  KILN_HOST_DEVICE T forward(T x) const {
    return x;
  }
  template <class T>
  KILN_HOST_DEVICE T derivative(const T& x, const T& /*y*/) const {
    return constant_like(x, 1);
  }
};

}  // namespace kiln::kernels

// X(Op, enumerator): Op is Identity or a struct of pointwise_ops.h whose derivative ignores x.
#define KILN_ACTIVATIONS(X) \
  X(Identity, identity)     \
  X(Relu, relu)             \
  X(LeakyRelu, leaky_relu)  \
  X(Sigmoid, sigmoid)       \
  X(Tanh, tanh)

namespace kiln::kernels {

enum class ActivationKind {
#define KILN_ENUMERATOR(Op, enumerator) enumerator,
  KILN_ACTIVATIONS(KILN_ENUMERATOR)
#undef KILN_ENUMERATOR
};

struct Activation {
  ActivationKind kind = ActivationKind::identity;
  float slope = 0.01f;  // of leaky_relu; positive
};

// Calls f with the op struct that `activation` names. f may be a host or a device function.
#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
template <class F>
KILN_HOST_DEVICE auto with_activation(Activation activation, F&& f) {
  switch (activation.kind) {
    case ActivationKind::relu:
      return f(Relu{});
    case ActivationKind::leaky_relu:
      return f(LeakyRelu{activation.slope});
    case ActivationKind::sigmoid:
      return f(Sigmoid{});
    case ActivationKind::tanh:
      return f(Tanh{});
    case ActivationKind::identity:
      break;
  }
  return f(Identity{});
}

}  // namespace kiln::kernels
