// SPDX-License-Identifier: MIT
#include "engine/onnx/model.h"

#include <array>

#include "engine/io/printable.h"

namespace kiln::onnx {

std::string to_string(DataType type) {
  constexpr std::array kNames = {"undefined",  "float",   "uint8",  "int8",   "uint16",
                                 "int16",      "int32",   "int64",  "string", "bool",
                                 "float16",    "double",  "uint32", "uint64", "complex64",
                                 "complex128", "bfloat16"};
  const auto number = static_cast<std::size_t>(type);
  return number < kNames.size() ? kNames[number] : "number " + std::to_string(number);
}

std::string describe(const GraphNode& node) {
  constexpr std::size_t kMaxShown = 100;
  std::string domain = node.domain.empty() ? "" : " of " + printable(node.domain, kMaxShown);
  const std::string op = " (" + printable(node.op_type, kMaxShown) + domain + ")";
  if (!node.name.empty()) return "node '" + printable(node.name, kMaxShown) + "'" + op;
  const std::string made = node.outputs.empty() ? "nothing" : node.outputs[0];
  return "the node that makes '" + printable(made, kMaxShown) + "'" + op;
}

std::string to_string(const ValueInfo& value) {
  std::string text = printable(value.name, 100) + " " + to_string(value.type);
  if (!value.shape) return text;
  text += " (";
  for (std::size_t i = 0; i < value.shape->size(); ++i) {
    const Dimension& dimension = (*value.shape)[i];
    if (i > 0) text += ",";
    if (dimension.size) {
      text += std::to_string(*dimension.size);
    } else {
      text += dimension.name.empty() ? "?" : printable(dimension.name, 100);
    }
  }
  return text + ")";
}

}  // namespace kiln::onnx
