// SPDX-License-Identifier: MIT
#include "engine/onnx/attributes.h"

#include <algorithm>

#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln::onnx {

bool Attributes::contains(const std::string& name) const {
  return std::any_of(node_.attributes.begin(), node_.attributes.end(),
                     [&](const Attribute& attribute) { return attribute.name == name; });
}

const Attribute* Attributes::find(const std::string& name, AttributeType type) {
  known_.insert(name);
  for (const Attribute& attribute : node_.attributes) {
    if (attribute.name != name) continue;
    if (attribute.type != type) throw Error("attribute '" + name + "' is of another type");
    return &attribute;
  }
  return nullptr;
}

std::int64_t Attributes::integer(const std::string& name, std::int64_t or_else) {
  const Attribute* const found = find(name, AttributeType::integer);
  return found == nullptr ? or_else : found->integer;
}

float Attributes::number(const std::string& name, float or_else) {
  const Attribute* const found = find(name, AttributeType::number);
  return found == nullptr ? or_else : found->number;
}

std::string Attributes::text(const std::string& name, const std::string& or_else) {
  const Attribute* const found = find(name, AttributeType::text);
  return found == nullptr ? or_else : found->text;
}

std::vector<std::int64_t> Attributes::integers(const std::string& name,
                                               std::vector<std::int64_t> or_else) {
  const Attribute* const found = find(name, AttributeType::integers);
  return found == nullptr ? or_else : found->integers;
}

std::vector<float> Attributes::numbers(const std::string& name) {
  const Attribute* const found = find(name, AttributeType::numbers);
  return found == nullptr ? std::vector<float>() : found->numbers;
}

const Constant& Attributes::tensor(const std::string& name) {
  const Attribute* const found = find(name, AttributeType::tensor);
  if (found == nullptr) throw Error("attribute '" + name + "' is missing");
  return found->tensor;
}

void Attributes::finish() const {
  for (const Attribute& attribute : node_.attributes) {
    if (known_.count(attribute.name) == 0) {
      throw Error("attribute '" + printable(attribute.name, 100) + "' is not supported");
    }
  }
}

}  // namespace kiln::onnx
