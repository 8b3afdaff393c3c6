// SPDX-License-Identifier: MIT
#include "engine/autograd/grad_sink.h"

#include "engine/autograd/node.h"

namespace kiln {

bool GradSink::take_over_activation(std::size_t input) {
  GradSlot& slot = *slots_[input];
  if (slot.num_consumers != 1) return false;
  if (fused_activation(inputs_[input]).kind == kernels::ActivationKind::identity) return false;
  slot.taken_over = true;
  return true;
}

GradSink::Target GradSink::target(std::size_t input) {
  GradSlot& slot = *slots_[input];
  const Tensor& like = inputs_[input];
  if (slot.shared) {
    slot.grad = slot.grad.clone();
    slot.shared = false;
  }
  if (!slot.grad.defined()) slot.grad = Tensor::empty(like.shape(), like.device(), like.dtype());
  const bool accumulate = slot.written;
  slot.written = true;
  return {slot.grad, accumulate};
}

void GradSink::give(std::size_t input, Tensor grad) {
  GradSlot& slot = *slots_[input];
  if (slot.grad.defined()) return add(input, grad);
  slot.grad = std::move(grad);
  slot.written = true;
}

void GradSink::add(std::size_t input, const Tensor& grad) {
  GradSlot& slot = *slots_[input];
  if (!slot.grad.defined()) {
    slot.grad = grad;
    slot.written = slot.shared = true;
    return;
  }
  const Target into = target(input);
  if (into.accumulate) {
    into.tensor.add_from(grad);
  } else {
    into.tensor.copy_from(grad);
  }
}

}  // namespace kiln
