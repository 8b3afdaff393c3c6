// SPDX-License-Identifier: MIT
// Where a node's backward puts the gradients of its inputs. The first gradient to arrive at a
// tensor is stored and later ones are added, so gradients are never zeroed beforehand.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/tensor.h"

namespace kiln {

// The gradient of one tensor while it is being collected.
struct GradSlot {
  Tensor grad;
  bool written = false;
  bool shared = false;  // `grad` is another tensor's gradient too and must be copied before adding
  int num_consumers = 0;    // nodes that give a gradient to it
  bool taken_over = false;  // `grad` is the gradient before the activation that made the tensor
};

class GradSink {
 public:
  struct Target {
    Tensor tensor;
    bool accumulate;
  };

  // slots[i] is null where input i needs no gradient.
  GradSink(const std::vector<Tensor>& inputs, std::vector<GradSlot*> slots,
           bool output_is_taken_over = false)
      : inputs_(inputs), slots_(std::move(slots)), output_is_taken_over_(output_is_taken_over) {}

  bool needs(std::size_t input) const { return slots_[input] != nullptr; }
  // Input i may be the output of an op with a fused activation: fused_activation(input). Where the
  // caller alone gives a gradient to it, this returns true, and the gradient that the caller then
  // writes must be the one before that activation: multiplied by its derivative at the input.
  bool take_over_activation(std::size_t input);
  // Whether the gradient of the op's own output comes that way.
  bool output_is_taken_over() const { return output_is_taken_over_; }
  // The tensor that the caller now writes, or adds to if `accumulate`: all of it, at once.
  Target target(std::size_t input);
  // Adds a ready gradient. It may be a tensor that others hold: it is not written to.
  void add(std::size_t input, const Tensor& grad);
  // The same for a tensor that the caller lets go of: later gradients may be added into it.
  void give(std::size_t input, Tensor grad);

 private:
  const std::vector<Tensor>& inputs_;
  std::vector<GradSlot*> slots_;
  bool output_is_taken_over_;
};

}  // namespace kiln
