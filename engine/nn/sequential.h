// SPDX-License-Identifier: MIT
// Modules applied one after another.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/nn/module.h"

namespace kiln::nn {

class Sequential : public Module {
 public:
  // Appends M(args...) under `name`.
  template <class M, class... Args>
  Sequential& add(std::string name, Args&&... args) {
    layers_.push_back(
        register_module(std::move(name), std::make_shared<M>(std::forward<Args>(args)...)));
    return *this;
  }

  Tensor forward(const Tensor& x) override {
    Tensor y = x;
    for (const auto& layer : layers_) y = layer->forward(y);
    return y;
  }

 private:
  std::vector<std::shared_ptr<Module>> layers_;
};

}  // namespace kiln::nn
