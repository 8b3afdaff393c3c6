// SPDX-License-Identifier: MIT
// Diagonal Gaussians by their parameters (rows, 2 latent): a row's means, then its log-variances.
#pragma once

#include "engine/tensor.h"

namespace kiln {

// mean + noise * exp(log_variance / 2): a sample of each row's Gaussian where noise (rows, latent)
// is standard normal. Differentiable in the parameters, to any order; the noise is a constant.
// Errors: shapes that do not match, different dtypes or devices.
Tensor gaussian_sample(const Tensor& parameters, const Tensor& noise);

}  // namespace kiln
