// SPDX-License-Identifier: MIT
#include "engine/nn/spectral_norm.h"

#include "engine/autograd/grad_mode.h"
#include "engine/ops/spectral_norm.h"
#include "engine/rng.h"

namespace kiln::nn {

// A random u is far from the singular vector and would let a large weight through in the first
// steps; torch.nn.utils.parametrizations.spectral_norm begins with 15 iterations too.
constexpr int kFirstIterations = 15;

SpectralNormLinear::SpectralNormLinear(std::int64_t in_features, std::int64_t out_features,
                                       Activation activation, std::uint64_t seed, Device device,
                                       Init init)
    : activation_(activation) {
  Rng rng(seed, Device::cpu());
  weight_ = register_parameter("weight_orig", initial_values(init, {out_features, in_features},
                                                             in_features, false, rng, device));
  bias_ = register_parameter("bias",
                             initial_values(init, {out_features}, in_features, true, rng, device));
  u_ = register_buffer("weight_u", rng.normal({out_features}).to(device));
  v_ = register_buffer("weight_v", Tensor::zeros({in_features}, device));
  const NoGradGuard no_grad;
  for (int i = 0; i < kFirstIterations; ++i) spectral_norm(weight_, u_, v_, true);
}

Tensor SpectralNormLinear::forward(const Tensor& x) {
  return linear(x, spectral_norm(weight_, u_, v_, is_training()), bias_, activation_);
}

}  // namespace kiln::nn
