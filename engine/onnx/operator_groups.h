// SPDX-License-Identifier: MIT
// The operators by file, and how one is declared: a name, how many inputs and outputs it may have,
// and a function that reads a node's attributes and returns what computes it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/onnx/attributes.h"
#include "engine/onnx/operators.h"

namespace kiln::onnx {

struct OperatorContext {
  Attributes& attributes;
  std::int64_t opset;
  std::size_t num_outputs;
  Device device;
};

struct OperatorDeclaration {
  std::size_t min_inputs, max_inputs, max_outputs;
  std::function<Operator(OperatorContext&)> make;
};

using OperatorGroup = std::map<std::string, OperatorDeclaration>;

inline constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);

OperatorGroup pointwise_operators();
OperatorGroup matrix_operators();
OperatorGroup shape_operators();
OperatorGroup layer_operators();

// An axis counted from either end. Errors: one that a tensor of that rank does not have; with
// `or_end`, `rank` itself is one too.
std::size_t axis_of(std::int64_t axis, std::size_t rank, bool or_end = false);
// Elements before an axis, and from it on.
std::int64_t count_before(const Shape& shape, std::size_t axis);
std::int64_t count_from(const Shape& shape, std::size_t axis);

// x with its axes in another order: axis i of the result is axis order[i] of x. Through the host:
// such a step is for weights.
Tensor transposed(const Tensor& x, const std::vector<std::size_t>& order);

// Whole numbers of an input. Errors: another type.
std::vector<std::int64_t> integers_of(const Tensor& x);

}  // namespace kiln::onnx
