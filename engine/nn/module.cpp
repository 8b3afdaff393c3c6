// SPDX-License-Identifier: MIT
#include "engine/nn/module.h"

namespace kiln::nn {

std::vector<NamedTensor> Module::named_parameters() const {
  std::vector<NamedTensor> all = parameters_;
  for (const auto& [child_name, child] : children_) {
    for (NamedTensor& parameter : child->named_parameters()) {
      all.push_back({child_name + "." + parameter.name, std::move(parameter.tensor)});
    }
  }
  return all;
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> all;
  for (NamedTensor& parameter : named_parameters()) all.push_back(std::move(parameter.tensor));
  return all;
}

Tensor Module::register_parameter(std::string name, Tensor value) {
  value.set_requires_grad(true);
  parameters_.push_back({std::move(name), value});
  return value;
}

}  // namespace kiln::nn
