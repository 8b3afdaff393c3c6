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

}  // namespace kiln
