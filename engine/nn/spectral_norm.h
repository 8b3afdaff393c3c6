// SPDX-License-Identifier: MIT
// A fully connected layer whose weight is divided by its largest singular value: a layer of slope 1
// at most, for discriminators (Miyato et al. 2018).
#pragma once

#include <cstdint>

#include "engine/nn/init.h"
#include "engine/nn/module.h"
#include "engine/ops/linear.h"

namespace kiln::nn {

// y = act(x spectral_norm(weight_orig)^T + bias). Parameters weight_orig (out, in) and bias (out),
// buffers weight_u (out) and weight_v (in): PyTorch's names. Each forward in training mode is one
// power iteration.
class SpectralNormLinear final : public Module {
 public:
  // Equal seeds give equal weights on every device.
  SpectralNormLinear(std::int64_t in_features, std::int64_t out_features, Activation activation,
                     std::uint64_t seed, Device device, Init init = Init::fan_in_uniform);

  Tensor forward(const Tensor& x) override;

 private:
  Activation activation_;
  Tensor weight_;
  Tensor bias_;
  Tensor u_;
  Tensor v_;
};

}  // namespace kiln::nn
