// SPDX-License-Identifier: MIT
// A layer that is one kernel: the product, the bias and the activation.
#pragma once

#include "engine/nn/module.h"

namespace kiln::nn {

// The two halves of forward(), for a batch of which only some rows belong in a graph, or whose
// outputs have a place already.
class FusedLayer : public Module {
 public:
  // Computes y outside the graph.
  virtual void forward_into(const Tensor& x, const Tensor& y) const = 0;
  // Records in the graph that y, or the same rows of x and y, came about so.
  virtual Tensor forward_of(const Tensor& x, const Tensor& y) const = 0;
};

}  // namespace kiln::nn
