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
};

class GradSink {
 public:
  struct Target {
    Tensor tensor;
    bool accumulate;
  };

  // slots[i] is null where input i needs no gradient.
  GradSink(const std::vector<Tensor>& inputs, std::vector<GradSlot*> slots)
      : inputs_(inputs), slots_(std::move(slots)) {}

  bool needs(std::size_t input) const { return slots_[input] != nullptr; }
  // The tensor that the caller now writes, or adds to if `accumulate`: all of it, at once.
  Target target(std::size_t input);
  // Adds a ready gradient. It may be a tensor that others hold: it is not written to.
  void add(std::size_t input, const Tensor& grad);

 private:
  const std::vector<Tensor>& inputs_;
  std::vector<GradSlot*> slots_;
};

}  // namespace kiln
