// SPDX-License-Identifier: MIT
// A fully connected layer in one kernel: y = act(x weight^T + bias).
#pragma once

#include "engine/tensor.h"
#include "kernels/activation.h"

namespace kiln {

using kernels::Activation;
using kernels::ActivationKind;

// x (batch, in), weight (out, in), bias (out) or undefined -> y (batch, out).
// Errors: sizes that do not match, different dtypes or devices, a leaky_relu slope that is not > 0.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias,
              Activation activation = {});

// The two halves of linear(), for a batch of which only some rows belong in a graph, or whose
// outputs have a place already: linear_into() computes y outside the graph, linear_of() records in
// the graph that y, or the same rows of x and y, came about so.
void linear_into(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation,
                 const Tensor& y);
Tensor linear_of(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation,
                 const Tensor& y);

}  // namespace kiln
