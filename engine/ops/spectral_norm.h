// SPDX-License-Identifier: MIT
// A weight divided by its largest singular value, which power iteration follows from step to step
// (Miyato et al. 2018), in the form of torch.nn.utils.spectral_norm with one iteration a step:
//   training   v = W^T u / |W^T u|,  u = W v / |W v|            each kept for the next step
//   sigma = u^T W v,  result W / sigma
#pragma once

#include "engine/tensor.h"

namespace kiln {

// weight (out, in), u (out), v (in) -> (out, in). Differentiable in the weight to any order, with u
// and v as constants. Errors: sizes, dtypes or devices that do not match.
Tensor spectral_norm(const Tensor& weight, const Tensor& u, const Tensor& v, bool training);

}  // namespace kiln
