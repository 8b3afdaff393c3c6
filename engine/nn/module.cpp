// SPDX-License-Identifier: MIT
#include "engine/nn/module.h"

namespace kiln::nn {
namespace {

void append(const std::string& prefix, std::vector<NamedTensor> more,
            std::vector<NamedTensor>& all) {
  for (NamedTensor& named : more) {
    all.push_back({prefix + "." + named.name, std::move(named.tensor)});
  }
}

}  // namespace

std::vector<NamedTensor> Module::named_parameters() const {
  std::vector<NamedTensor> all = parameters_;
  for (const auto& [name, child] : children_) append(name, child->named_parameters(), all);
  return all;
}

std::vector<NamedTensor> Module::named_buffers() const {
  std::vector<NamedTensor> all = buffers_;
  for (const auto& [name, child] : children_) append(name, child->named_buffers(), all);
  return all;
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> all;
  for (NamedTensor& parameter : named_parameters()) all.push_back(std::move(parameter.tensor));
  return all;
}

void Module::visit_state(StateVisitor& visitor, const std::string& name) const {
  const std::string prefix = name + '.';
  for (const auto* tensors : {&parameters_, &buffers_}) {
    for (const NamedTensor& named : *tensors) visitor.visit(prefix + named.name, named.tensor);
  }
  for (const auto& [child_name, child] : children_) {
    child->visit_state(visitor, prefix + child_name);
  }
}

void Module::train(bool training) {
  training_ = training;
  for (const auto& [name, child] : children_) child->train(training);
}

Tensor Module::register_parameter(std::string name, Tensor value) {
  value.set_requires_grad(true);
  parameters_.push_back({std::move(name), value});
  return value;
}

Tensor Module::register_buffer(std::string name, Tensor value) {
  Tensor buffer = value.detach();
  buffers_.push_back({std::move(name), buffer});
  return buffer;
}

}  // namespace kiln::nn
