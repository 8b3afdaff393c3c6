// SPDX-License-Identifier: MIT
#include "engine/autograd/backward.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "engine/autograd/anomaly.h"
#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/ones.h"
#include "engine/tensor_impl.h"

namespace kiln {
namespace {

// Two handles to one output have one producer: gradients are collected per producer, or per leaf.
using Key = const void*;

Key key_of(const Tensor& tensor) {
  const TensorImpl& impl = *tensor.impl();
  return impl.node != nullptr ? static_cast<Key>(impl.node.get()) : static_cast<Key>(&impl);
}

Node* node_of(const Tensor& tensor) { return tensor.impl()->node.get(); }

// The nodes that `output` depends on, latest first: every node comes before those it was made from.
std::vector<Node*> collect(const Tensor& output) {
  std::vector<Node*> nodes;
  std::unordered_set<Node*> seen;
  std::vector<Node*> stack;
  const auto visit = [&](Node* node) {
    if (node != nullptr && seen.insert(node).second) stack.push_back(node);
  };
  visit(node_of(output));
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    nodes.push_back(node);
    for (const Tensor& input : node->inputs()) {
      if (input.defined()) visit(node_of(input));
    }
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const Node* a, const Node* b) { return a->sequence() > b->sequence(); });
  return nodes;
}

// Collects gradients at `targets`. Slots of leaves may be set up by the caller beforehand.
class Traversal {
 public:
  Traversal(const Tensor& output, const std::unordered_set<Key>& targets, bool all_leaves)
      : nodes_(collect(output)) {
    if (node_of(output) == nullptr && (targets.count(key_of(output)) != 0 || all_leaves)) {
      leaves_.push_back(output);
    }
    for (auto it = nodes_.rbegin(); it != nodes_.rend(); ++it) {
      for (const Tensor& input : (*it)->inputs()) {
        if (!input.defined() || !input.requires_grad()) continue;
        const bool leaf = node_of(input) == nullptr;
        if (needed_.count(key_of(input)) == 0 &&
            (targets.count(key_of(input)) != 0 || (leaf && all_leaves))) {
          needed_.insert(key_of(input));
        }
        if (needed_.count(key_of(input)) != 0) needed_.insert(*it);
        if (leaf && needed_.count(key_of(input)) != 0) leaves_.push_back(input);
      }
    }
  }

  const std::vector<Tensor>& leaves() const { return leaves_; }
  GradSlot& slot(Key key) { return slots_[key]; }
  bool reached(Key key) const {
    const auto found = slots_.find(key);
    return found != slots_.end() && found->second.written;
  }

  void run(const Tensor& output, const std::unordered_set<Key>& keep, bool create_graph) {
    const GradModeGuard mode(create_graph);
    const std::vector<Tensor> outputs = {output};
    GradSink(outputs, {&slots_[key_of(output)]}).add(0, ones_like(output));
    count_consumers(keep);
    for (Node* node : nodes_) {
      const auto found = slots_.find(node);
      if (found == slots_.end() || !found->second.written || !leads_on(*node)) continue;
      const Tensor grad_output = found->second.grad;
      const bool taken_over = found->second.taken_over;
      if (keep.count(node) == 0) {
        slots_.erase(found);
      } else {
        found->second.shared = true;  // the rules below may pass it on
      }
      if (create_graph) {
        add_recorded(*node, grad_output);
      } else {
        std::vector<GradSlot*> slots;
        for (const Tensor& input : node->inputs()) {
          slots.push_back(is_needed(input) ? &slots_[key_of(input)] : nullptr);
        }
        GradSink sink(node->inputs(), std::move(slots), taken_over);
        node->accumulate_gradients(grad_output, sink);
      }
      if (anomaly_detection_enabled()) check_gradients_of(*node);
    }
  }

 private:
  // The gradients that `node` has given or added to.
  void check_gradients_of(const Node& node) {
    for (const Tensor& input : node.inputs()) {
      if (!is_needed(input)) continue;
      const GradSlot& slot = slots_[key_of(input)];
      if (slot.written) detect_anomaly("the gradient", node.name(), slot.grad);
    }
  }

  // A gradient that the caller keeps has the caller for another consumer.
  void count_consumers(const std::unordered_set<Key>& keep) {
    for (const Node* node : nodes_) {
      for (const Tensor& input : node->inputs()) {
        if (is_needed(input)) ++slots_[key_of(input)].num_consumers;
      }
    }
    for (const Key key : keep) ++slots_[key].num_consumers;
  }

  bool is_needed(const Tensor& input) const {
    return input.defined() && input.requires_grad() && needed_.count(key_of(input)) != 0;
  }

  // False for a target with no other target behind it.
  bool leads_on(const Node& node) const {
    return std::any_of(node.inputs().begin(), node.inputs().end(),
                       [this](const Tensor& input) { return is_needed(input); });
  }

  // The ops of a gradient rule are of the graph too: what goes wrong there is said to be the
  // rule's.
  static std::vector<Tensor> recorded_gradients(Node& node, const Tensor& grad_output,
                                                const std::vector<bool>& needs) {
    try {
      return node.gradients(grad_output, needs);
    } catch (const NotFiniteError& error) {
      throw NotFiniteError(std::string("in the gradient of '") + node.name() +
                           "': " + error.what());
    }
  }

  void add_recorded(Node& node, const Tensor& grad_output) {
    std::vector<bool> needs;
    for (const Tensor& input : node.inputs()) needs.push_back(is_needed(input));
    const std::vector<Tensor> grads = recorded_gradients(node, grad_output, needs);
    for (std::size_t i = 0; i < needs.size(); ++i) {
      if (!needs[i]) continue;
      GradSlot& slot = slots_[key_of(node.input(i))];
      slot.grad = slot.written ? slot.grad + grads[i] : grads[i];
      slot.written = true;
    }
  }

  std::vector<Node*> nodes_;
  std::vector<Tensor> leaves_;
  std::unordered_set<Key> needed_;
  std::unordered_map<Key, GradSlot> slots_;  // references stay valid while it grows
};

std::unordered_set<Key> keys_of(const std::vector<Tensor>& tensors) {
  std::unordered_set<Key> keys;
  for (const Tensor& tensor : tensors) keys.insert(key_of(tensor));
  return keys;
}

}  // namespace

void backward(const Tensor& output, const std::vector<Tensor>& leaves) {
  if (output.numel() != 1) {
    throw Error("[backward] output " + to_string(output.shape()) + " is not one element");
  }
  if (!output.requires_grad()) {
    throw Error("[backward] the output does not depend on anything that requires gradients");
  }
  Traversal traversal(output, keys_of(leaves), leaves.empty());
  for (const Tensor& leaf : traversal.leaves()) {
    TensorImpl& impl = *leaf.impl();
    if (!impl.grad.defined()) impl.grad = Tensor::empty(leaf.shape(), leaf.device(), leaf.dtype());
    GradSlot& slot = traversal.slot(&impl);
    slot.grad = impl.grad;
    slot.written = impl.grad_written;
  }
  traversal.run(output, {}, false);
  for (const Tensor& leaf : traversal.leaves()) {
    leaf.impl()->grad_written = traversal.slot(leaf.impl().get()).written;
  }
}

std::vector<Tensor> grad(const Tensor& output, const std::vector<Tensor>& inputs,
                         bool create_graph) {
  const std::unordered_set<Key> targets = keys_of(inputs);
  Traversal traversal(output, targets, false);
  traversal.run(output, targets, create_graph);
  std::vector<Tensor> grads;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Key key = key_of(inputs[i]);
    if (!traversal.reached(key)) {
      throw Error("[grad] the output does not depend on input " + std::to_string(i));
    }
    const Tensor& found = traversal.slot(key).grad;
    grads.push_back(is_one(found) ? found.clone() : found);  // the caller may write to its own
  }
  return grads;
}

void zero_grad(const std::vector<Tensor>& leaves) {
  for (const Tensor& leaf : leaves) leaf.impl()->grad_written = false;
}

}  // namespace kiln
