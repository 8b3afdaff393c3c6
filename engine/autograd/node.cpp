// SPDX-License-Identifier: MIT
#include "engine/autograd/node.h"

#include <algorithm>
#include <iterator>

#include "engine/autograd/anomaly.h"
#include "engine/autograd/grad_sink.h"
#include "engine/tensor_impl.h"

namespace kiln {
namespace {

std::uint64_t next_sequence() {
  thread_local std::uint64_t sequence = 0;
  return ++sequence;
}

}  // namespace

Node::Node(const char* name, std::vector<Tensor> inputs)
    : name_(name), inputs_(std::move(inputs)), sequence_(next_sequence()) {}

// A chain of a million ops must not be destroyed by a million nested destructors: the inputs of
// nodes that die with this one join its list and are released one after another.
Node::~Node() {
  thread_local std::vector<Tensor>* outermost = nullptr;
  if (outermost != nullptr) {
    std::move(inputs_.begin(), inputs_.end(), std::back_inserter(*outermost));
    return;
  }
  outermost = &inputs_;
  while (!inputs_.empty()) {
    const Tensor input = std::move(inputs_.back());
    inputs_.pop_back();
  }
  outermost = nullptr;
}

void Node::accumulate_gradients(const Tensor& grad_output, GradSink& sink) {
  const NoGradGuard no_grad;
  std::vector<bool> needs(inputs_.size());
  for (std::size_t i = 0; i < needs.size(); ++i) needs[i] = sink.needs(i);
  const std::vector<Tensor> grads = gradients(grad_output, needs);
  for (std::size_t i = 0; i < needs.size(); ++i) {
    if (needs[i]) sink.add(i, grads[i]);
  }
}

Tensor Node::output() const {
  Tensor alias = output_values_.detach();
  alias.impl()->requires_grad = true;
  alias.impl()->node = const_cast<Node*>(this)->shared_from_this();
  return alias;
}

void Node::attach(const std::shared_ptr<Node>& node, const Tensor& output) {
  if (anomaly_detection_enabled()) {
    for (const Tensor& input : node->inputs_) {
      if (input.defined()) detect_anomaly("an input", node->name_, input);
    }
    detect_anomaly("the output", node->name_, output);
  }
  node->output_values_ = output.detach();
  output.impl()->node = node;
  output.impl()->requires_grad = true;
}

kernels::Activation fused_activation(const Tensor& tensor) {
  const Node* node = tensor.impl()->node.get();
  return node != nullptr ? node->fused_activation() : kernels::Activation{};
}

bool needs_graph(const std::vector<Tensor>& inputs) {
  return grad_enabled() && std::any_of(inputs.begin(), inputs.end(), [](const Tensor& input) {
           return input.defined() && input.requires_grad();
         });
}

}  // namespace kiln
