// SPDX-License-Identifier: MIT
// The pointwise ops of kernels/pointwise_ops.h on tensors, differentiable to any order.
#pragma once

#include "engine/tensor.h"
#include "kernels/pointwise_ops.h"

namespace kiln {

template <class Op>
Tensor pointwise(Op op, const Tensor& x);

// One function an op, with the op's default parameters: relu(x), sigmoid(x), exp(x), ...
#define KILN_DEFINE(Op, snake_case_name) \
  inline Tensor snake_case_name(const Tensor& x) { return pointwise(kernels::Op{}, x); }
KILN_POINTWISE_OPS(KILN_DEFINE)
#undef KILN_DEFINE

// scale * x + shift
inline Tensor affine(const Tensor& x, double scale, double shift) {
  return pointwise(kernels::Affine{scale, shift}, x);
}

// x where x >= 0, slope * x elsewhere; slope > 0
inline Tensor leaky_relu(const Tensor& x, double slope) {
  return pointwise(kernels::LeakyRelu{static_cast<float>(slope)}, x);
}

// max(x, bound)
inline Tensor clamp_min(const Tensor& x, double bound) {
  return pointwise(kernels::ClampMin{static_cast<float>(bound)}, x);
}

// A tensor of x's shape filled with `value`.
inline Tensor constant_like(const Tensor& x, double value) {
  return Tensor::full(x.shape(), value, x.device(), x.dtype());
}

}  // namespace kiln
