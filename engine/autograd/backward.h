// SPDX-License-Identifier: MIT
// Reverse-mode differentiation over the recorded graph.
#pragma once

#include <vector>

#include "engine/autograd/grad_mode.h"
#include "engine/tensor.h"

namespace kiln {

// Adds d(output)/d(leaf) to the gradient of every leaf in `leaves` that `output` depends on, or of
// every leaf that requires gradients where `leaves` is empty. `output` is one element. Only the
// paths that lead to those leaves are computed. Nothing is recorded; the fused kernels run.
void backward(const Tensor& output, const std::vector<Tensor>& leaves = {});

// d(sum(output))/d(input) for each of `inputs`, leaving every leaf's gradient as it is. With
// `create_graph` the results are recorded themselves and can be differentiated again. Throws an
// Error where `output` does not depend on an input.
std::vector<Tensor> grad(const Tensor& output, const std::vector<Tensor>& inputs,
                         bool create_graph = false);

// Forgets the gradients of these leaves: the next backward() stores, where it would have added.
void zero_grad(const std::vector<Tensor>& leaves);

}  // namespace kiln
