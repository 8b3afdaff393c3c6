// SPDX-License-Identifier: MIT
// All parameters of one optimizer in one contiguous buffer, with a twin for their gradients: an
// update, an average or a checkpoint is one pass over one range. Parameters become views; each
// starts at a multiple of 64 elements, and what lies between stays zero.
#pragma once

#include <vector>

#include "engine/tensor.h"

namespace kiln::optim {

class ParameterArena {
 public:
  // Moves `parameters` (leaves of one dtype and device, none twice) into a new arena. Handles held
  // elsewhere stay valid and see the move.
  explicit ParameterArena(std::vector<Tensor> parameters);

  const std::vector<Tensor>& parameters() const { return parameters_; }
  // Every parameter, flat.
  const Tensor& values() const { return values_; }
  // Every gradient, flat; zeros where backward() has left none since zero_grad().
  const Tensor& grads() const;
  void zero_grad() const;

 private:
  std::vector<Tensor> parameters_;
  Tensor values_;
  Tensor grads_;
};

}  // namespace kiln::optim
