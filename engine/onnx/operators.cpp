// SPDX-License-Identifier: MIT
#include "engine/onnx/operators.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/io/printable.h"
#include "engine/onnx/operator_groups.h"

namespace kiln::onnx {
namespace {

const OperatorGroup& all_operators() {
  static const OperatorGroup all = [] {
    OperatorGroup result;
    for (OperatorGroup group :
         {pointwise_operators(), matrix_operators(), shape_operators(), layer_operators()}) {
      result.merge(group);
    }
    return result;
  }();
  return all;
}

std::string count_text(std::size_t least, std::size_t most) {
  if (most == kAnyNumber) return std::to_string(least) + " or more";
  if (least == most) return std::to_string(least);
  return std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

Operator operator_of(const GraphNode& node, std::int64_t opset, Device device) {
  const auto found = all_operators().find(node.op_type);
  if (!node.domain.empty() || found == all_operators().end()) {
    throw Error("the operator is not supported (ONNX's operator set " + std::to_string(opset) +
                "); docs/onnx.md lists those that are");
  }
  const OperatorDeclaration& declared = found->second;
  if (node.inputs.size() < declared.min_inputs || node.inputs.size() > declared.max_inputs) {
    throw Error("has " + std::to_string(node.inputs.size()) + " inputs, not " +
                count_text(declared.min_inputs, declared.max_inputs));
  }
  for (std::size_t i = 0; i < declared.min_inputs; ++i) {
    if (node.inputs[i].empty()) throw Error("input " + std::to_string(i + 1) + " is left out");
  }
  if (node.outputs.empty() || node.outputs.size() > declared.max_outputs) {
    throw Error("has " + std::to_string(node.outputs.size()) + " outputs, not " +
                count_text(1, declared.max_outputs));
  }
  Attributes attributes(node);
  OperatorContext context{attributes, opset, node.outputs.size(), device};
  Operator made = declared.make(context);
  attributes.finish();
  return made;
}

Tensor tensor_of(const Constant& constant, Device device) {
  if (constant.type == DataType::float32) {
    return Tensor::from_host(constant.floats, constant.shape, device);
  }
  std::vector<std::int32_t> values;
  values.reserve(constant.ints.size());
  for (const std::int64_t value : constant.ints) {
    if (!std::in_range<std::int32_t>(value)) {
      throw Error("whole number " + std::to_string(value) + " does not fit 32 bits");
    }
    values.push_back(static_cast<std::int32_t>(value));
  }
  return Tensor::from_host(values, constant.shape, device);
}

std::size_t axis_of(std::int64_t axis, std::size_t rank, bool or_end) {
  const auto size = static_cast<std::int64_t>(rank);
  if (axis < -size || axis > size || (axis == size && !or_end)) {
    throw Error("axis " + std::to_string(axis) + " is not one of " + std::to_string(rank));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + size : axis);
}

std::int64_t count_before(const Shape& shape, std::size_t axis) {
  return element_count(Shape(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis)));
}

std::int64_t count_from(const Shape& shape, std::size_t axis) {
  return element_count(Shape(shape.begin() + static_cast<std::ptrdiff_t>(axis), shape.end()));
}

std::vector<std::int64_t> integers_of(const Tensor& x) {
  if (x.dtype() != DType::int32) throw Error("an input is not of whole numbers");
  const std::vector<std::int32_t> values = x.to_host<std::int32_t>();
  return {values.begin(), values.end()};
}

}  // namespace kiln::onnx
