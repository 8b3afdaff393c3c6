// SPDX-License-Identifier: MIT
// One op in the autograd graph. Nodes are made by ops as they run; their order of making is the
// tape's order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/autograd/grad_mode.h"
#include "engine/tensor.h"
#include "kernels/activation.h"

namespace kiln {

class GradSink;

class Node : public std::enable_shared_from_this<Node> {
 public:
  Node(const char* name, std::vector<Tensor> inputs);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node();

  // The op's gradient rule in differentiable ops: the gradient of each input for the gradient
  // `grad_output` of the output. Entry i may stay undefined where needs[i] is false.
  virtual std::vector<Tensor> gradients(const Tensor& grad_output,
                                        const std::vector<bool>& needs) = 0;

  // The same gradients, added into `sink` and not recorded. Ops whose backward has a fused kernel
  // override this; the rule above serves the others.
  virtual void accumulate_gradients(const Tensor& grad_output, GradSink& sink);

  // The activation that the op's output has gone through last, if accumulate_gradients can start
  // from the gradient before it (GradSink::output_is_taken_over).
  virtual kernels::Activation fused_activation() const { return {}; }

  const char* name() const { return name_; }
  const std::vector<Tensor>& inputs() const { return inputs_; }
  const Tensor& input(std::size_t i) const { return inputs_[i]; }
  std::uint64_t sequence() const { return sequence_; }

  // The op's output: its place in the graph, or its values alone.
  Tensor output() const;
  const Tensor& output_values() const { return output_values_; }

  // Makes `output` the result of `node`. Called once, by record().
  static void attach(const std::shared_ptr<Node>& node, const Tensor& output);

 private:
  const char* name_;
  std::vector<Tensor> inputs_;
  std::uint64_t sequence_;
  Tensor output_values_;  // a detached handle: a node that owned its output would own itself
};

// Of the op that made `tensor`; identity for a leaf.
kernels::Activation fused_activation(const Tensor& tensor);

// True if an op on these inputs belongs in the graph.
bool needs_graph(const std::vector<Tensor>& inputs);

// Returns `output`, made a NodeType(inputs, args...) of the graph where gradients are asked for.
template <class NodeType, class... Args>
Tensor record(Tensor output, std::vector<Tensor> inputs, Args&&... args) {
  if (needs_graph(inputs)) {
    Node::attach(std::make_shared<NodeType>(std::move(inputs), std::forward<Args>(args)...),
                 output);
  }
  return output;
}

}  // namespace kiln
