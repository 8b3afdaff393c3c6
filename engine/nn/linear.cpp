// SPDX-License-Identifier: MIT
#include "engine/nn/linear.h"

#include <cmath>

#include "engine/ops/pointwise.h"
#include "engine/rng.h"

namespace kiln::nn {
namespace {

// Drawn on the CPU, so that every device starts from the same bits.
Tensor uniform_within(double bound, Rng& rng, Shape shape, Device device) {
  const Tensor values = affine(rng.uniform(std::move(shape)), 2 * bound, -bound);
  return values.to(device);
}

}  // namespace

Linear::Linear(std::int64_t in_features, std::int64_t out_features, Activation activation,
               std::uint64_t seed, Device device)
    : activation_(activation) {
  const double bound = in_features > 0 ? 1 / std::sqrt(static_cast<double>(in_features)) : 0;
  Rng rng(seed, Device::cpu());
  weight_ =
      register_parameter("weight", uniform_within(bound, rng, {out_features, in_features}, device));
  bias_ = register_parameter("bias", uniform_within(bound, rng, {out_features}, device));
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight_, bias_, activation_); }

}  // namespace kiln::nn
