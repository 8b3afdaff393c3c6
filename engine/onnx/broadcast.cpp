// SPDX-License-Identifier: MIT
#include "engine/onnx/broadcast.h"

#include <algorithm>

#include "engine/ops/concat.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rows.h"

namespace kiln::onnx {
namespace {

// (outer, inner) -> (outer, repeats, inner), as rows.
Tensor repeated(const Tensor& x, std::int64_t inner, std::int64_t repeats) {
  const std::int64_t outer = x.numel() / inner;
  if (outer == 1) return broadcast_rows(reshape(x, {inner}), repeats);
  if (inner == 1) return broadcast_columns(reshape(x, {outer}), repeats);
  const Tensor rows = reshape(x, {outer, inner});
  Tensor out = Tensor::empty({outer, repeats * inner}, x.device(), x.dtype());
  for (std::int64_t i = 0; i < repeats; ++i) write_columns(rows, out, i * inner);
  return out;
}

}  // namespace

void require_moderate(const Shape& shape) {
  if (element_count(shape) > std::int64_t{1} << 29) {
    throw Error("a value of shape " + to_string(shape) + " would have more than 2^29 elements");
  }
}

Shape broadcast_shape(const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape shape = longer;
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& size = shape[longer.size() - 1 - i];
    const std::int64_t other = shorter[shorter.size() - 1 - i];
    if (size != other && size != 1 && other != 1) {
      throw Error("shapes " + to_string(a) + " and " + to_string(b) + " cannot be broadcast");
    }
    if (size == 1) size = other;
  }
  require_moderate(shape);
  return shape;
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (broadcast_shape(x.shape(), shape) != shape) {
    throw Error("shape " + to_string(x.shape()) + " cannot be broadcast to " + to_string(shape));
  }
  if (element_count(shape) == 0) return Tensor::empty(shape, x.device(), x.dtype());
  if (x.numel() == 1) return expand(x, shape);
  Shape from(shape.size() - x.rank(), 1);
  from.insert(from.end(), x.shape().begin(), x.shape().end());
  Tensor y = x;
  std::int64_t inner = 1;  // elements behind the axis
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    std::int64_t repeats = 1;
    if (from[axis] == 1) {
      repeats = shape[axis];  // with the axes before it that are repeated as well
      for (; axis > 0 && from[axis - 1] == 1; --axis) repeats *= shape[axis - 1];
    }
    if (repeats > 1) y = repeated(y, inner, repeats);
    inner *= from[axis] == 1 ? repeats : from[axis];
  }
  return reshape(y, shape);
}

}  // namespace kiln::onnx
