// SPDX-License-Identifier: MIT
// + - * / on tensors of one shape, or of a tensor with a one-element tensor or a number.
// Errors: shapes that do not match and are not one element; different dtypes or devices.
#pragma once

#include "engine/ops/pointwise.h"
#include "engine/tensor.h"

namespace kiln {

Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);

inline Tensor operator-(const Tensor& a) { return affine(a, -1, 0); }
inline Tensor operator+(const Tensor& a, double b) { return affine(a, 1, b); }
inline Tensor operator+(double a, const Tensor& b) { return affine(b, 1, a); }
inline Tensor operator-(const Tensor& a, double b) { return affine(a, 1, -b); }
inline Tensor operator-(double a, const Tensor& b) { return affine(b, -1, a); }
inline Tensor operator*(const Tensor& a, double b) { return affine(a, b, 0); }
inline Tensor operator*(double a, const Tensor& b) { return affine(b, a, 0); }
inline Tensor operator/(const Tensor& a, double b) { return affine(a, 1 / b, 0); }
inline Tensor operator/(double a, const Tensor& b) {
  return Tensor::full({}, a, b.device(), b.dtype()) / b;
}

}  // namespace kiln
