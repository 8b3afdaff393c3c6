// SPDX-License-Identifier: MIT
// What a GAN's log sums up over its steps, in one kernel: see kernels/adversarial_metrics.h.
#pragma once

#include "engine/tensor.h"

namespace kiln {

// d_loss and g_loss: one element; outputs (2 batch, columns) of the discriminator, in the first
// column logits or probabilities, real images first; sums (4), added to. Outside the graph.
void add_adversarial_metrics(const Tensor& d_loss, const Tensor& g_loss, const Tensor& outputs,
                             bool logits, const Tensor& sums);

}  // namespace kiln
