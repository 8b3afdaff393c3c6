// SPDX-License-Identifier: MIT
// The state of a training, by name: everything that its next steps depend on and that is not in its
// options. Each stateful part has one function visit_state(visitor, name) that shows its pieces;
// the same function saves them and, with a visitor that overwrites them where they lie, brings them
// back (engine/io/state_file.h).
#pragma once

#include <cstdint>
#include <string>

#include "engine/tensor.h"

namespace kiln {

class StateVisitor {
 public:
  StateVisitor() = default;
  StateVisitor(const StateVisitor&) = delete;
  StateVisitor& operator=(const StateVisitor&) = delete;
  virtual ~StateVisitor() = default;

  virtual void visit(const std::string& name, const Tensor& tensor) = 0;
  virtual void visit(const std::string& name, std::int64_t& value) = 0;
  virtual void visit(const std::string& name, double& value) = 0;
};

}  // namespace kiln
