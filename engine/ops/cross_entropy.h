// SPDX-License-Identifier: MIT
// Softmax cross-entropy of logits (rows, classes) with labels int32 (rows) in [0, classes),
// averaged over the rows. Formula: kernels/cross_entropy.h. The value and its gradient are one
// kernel; gradients of gradients are made of tensor ops. The labels stay on the device and are not
// read beforehand: one out of range makes the loss NaN. Errors: shapes that do not match, no
// classes, another dtype of labels, another device.
#pragma once

#include "engine/tensor.h"

namespace kiln {

Tensor cross_entropy(const Tensor& logits, const Tensor& labels);

}  // namespace kiln
