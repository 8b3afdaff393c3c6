// SPDX-License-Identifier: MIT
// A layer or a model: named parameters and buffers, a training mode and a forward function.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/state.h"
#include "engine/tensor.h"

namespace kiln::nn {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  virtual Tensor forward(const Tensor& x) = 0;
  Tensor operator()(const Tensor& x) { return forward(x); }

  // Parameters of this module and its children, in order of registration; a child's are prefixed by
  // its name, as in PyTorch: "fc1.weight".
  std::vector<NamedTensor> named_parameters() const;
  std::vector<Tensor> parameters() const;
  // What belongs to the model's state and is not trained, named the same way: "bn1.running_mean".
  std::vector<NamedTensor> named_buffers() const;

  // Parameters and buffers, and what else the next forward depends on, of this module and its
  // children: "NAME.fc1.weight".
  virtual void visit_state(StateVisitor& visitor, const std::string& name) const;

  // Whether layers that differ do as in training (dropout, batch norm), here and in all children.
  // Modules start in training mode, as in PyTorch.
  void train(bool training = true);
  void eval() { train(false); }
  bool is_training() const { return training_; }

 protected:
  // Returns the parameter, which now requires gradients.
  Tensor register_parameter(std::string name, Tensor value);
  // Returns the buffer, which is outside the graph and keeps its storage.
  Tensor register_buffer(std::string name, Tensor value);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> child) {
    children_.emplace_back(std::move(name), child);
    return child;
  }

 private:
  std::vector<NamedTensor> parameters_;
  std::vector<NamedTensor> buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
  bool training_ = true;
};

}  // namespace kiln::nn
