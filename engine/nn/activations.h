// SPDX-License-Identifier: MIT
// Pointwise ops as modules, for use in a Sequential: ReLU, LeakyReLU{slope}, Sigmoid, Tanh, ...
#pragma once

#include "engine/nn/module.h"
#include "engine/ops/pointwise.h"

namespace kiln::nn {

template <class Op>
class Pointwise final : public Module {
 public:
  explicit Pointwise(Op op = {}) : op_(op) {}
  Tensor forward(const Tensor& x) override { return pointwise(op_, x); }

 private:
  Op op_;
};

using ReLU = Pointwise<kernels::Relu>;
using LeakyReLU = Pointwise<kernels::LeakyRelu>;
using Sigmoid = Pointwise<kernels::Sigmoid>;
using Tanh = Pointwise<kernels::Tanh>;
using Softplus = Pointwise<kernels::Softplus>;

}  // namespace kiln::nn
