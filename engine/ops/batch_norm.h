// SPDX-License-Identifier: MIT
// Batch normalisation, a kernel each way: the formulas are in kernels/batch_norm.h.
#pragma once

#include "engine/tensor.h"

namespace kiln {

struct BatchNormSettings {
  bool training = true;
  double momentum = 0.1;
  double epsilon = 1e-5;
};

// x (batch, channels) or (batch, channels, ...) -> the same shape, normalised a channel. weight,
// bias, running_mean and running_var are (channels). In training the batch's statistics are used,
// and the running ones move towards them; otherwise the running ones are used. Differentiable to
// any order in x, weight and bias. Errors: sizes, dtypes or devices that do not match; training on
// less than two values a channel.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormSettings& settings);

}  // namespace kiln
