// SPDX-License-Identifier: MIT
// Tensors of different shapes brought to one, as NumPy and ONNX do: shapes are aligned at their
// last axes, and an axis of size 1, or none, is repeated.
#pragma once

#include "engine/tensor.h"

namespace kiln::onnx {

// A file of a few bytes can ask for any size. Errors: more than 2^29 elements.
void require_moderate(const Shape& shape);

// Errors: sizes that differ and are not 1; more elements than require_moderate() allows.
Shape broadcast_shape(const Shape& a, const Shape& b);

// x repeated to `shape`, outside the graph. Errors: a shape that is not broadcast_shape() of x's
// and itself.
Tensor broadcast_to(const Tensor& x, const Shape& shape);

}  // namespace kiln::onnx
