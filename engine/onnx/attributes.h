// SPDX-License-Identifier: MIT
// The attributes of one node, read by name and type.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/onnx/model.h"

namespace kiln::onnx {

// Errors: an attribute of another type; from finish(), one that nobody has asked for: it would
// change what the node computes in a way that is not known here.
class Attributes {
 public:
  explicit Attributes(const GraphNode& node) : node_(node) {}

  bool contains(const std::string& name) const;
  std::int64_t integer(const std::string& name, std::int64_t or_else);
  float number(const std::string& name, float or_else);
  std::string text(const std::string& name, const std::string& or_else);
  std::vector<std::int64_t> integers(const std::string& name, std::vector<std::int64_t> or_else);
  std::vector<float> numbers(const std::string& name);
  // Errors: missing, too.
  const Constant& tensor(const std::string& name);
  void ignore(const std::string& name) { known_.insert(name); }
  void finish() const;

 private:
  const Attribute* find(const std::string& name, AttributeType type);

  const GraphNode& node_;
  std::set<std::string> known_;
};

}  // namespace kiln::onnx
