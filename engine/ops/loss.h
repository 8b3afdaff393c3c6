// SPDX-License-Identifier: MIT
// The losses of kernels/losses.h, averaged over all elements or summed and scaled: predictions and
// targets of one shape, or one target for all. Differentiable to any order in the prediction; the
// target is a constant.
#pragma once

#include "engine/tensor.h"
#include "kernels/losses.h"

namespace kiln {

template <class Loss>
Tensor mean_loss(Loss loss, const Tensor& x, const Tensor& target);
template <class Loss>
Tensor mean_loss(Loss loss, const Tensor& x, double target);
// scale * sum_i loss(x[i], target[i])
template <class Loss>
Tensor sum_loss(Loss loss, const Tensor& x, const Tensor& target, double scale);
// scale * sum_i weights[i] loss(x[i], target[i]), weights of x's shape, constant
template <class Loss>
Tensor sum_loss(Loss loss, const Tensor& x, const Tensor& target, const Tensor& weights,
                double scale);

// log_loss(probabilities, target), bce_with_logits(logits, target), squared_error(x, target), ...
#define KILN_DEFINE(Loss, snake_case_name)                               \
  inline Tensor snake_case_name(const Tensor& x, const Tensor& target) { \
    return mean_loss(kernels::Loss{}, x, target);                        \
  }                                                                      \
  inline Tensor snake_case_name(const Tensor& x, double target) {        \
    return mean_loss(kernels::Loss{}, x, target);                        \
  }
KILN_LOSSES(KILN_DEFINE)
#undef KILN_DEFINE

}  // namespace kiln
