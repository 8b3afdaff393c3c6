// SPDX-License-Identifier: MIT
#include "engine/nn/low_rank.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/autograd/grad_mode.h"
#include "engine/nn/init.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/linear.h"
#include "engine/ops/matmul.h"
#include "engine/rng.h"

namespace kiln::nn {

LowRankAdapter::LowRankAdapter(const LowRankConfig& config, const Tensor& weight,
                               std::uint64_t seed)
    : scale_(config.alpha / static_cast<double>(config.rank)) {
  const std::int64_t out = weight.dim(0), in = weight.dim(1);
  if (config.rank < 1 || config.rank > std::min(in, out)) {
    throw Error("[lora] rank " + std::to_string(config.rank) + " is not from 1 to " +
                std::to_string(std::min(in, out)) + ", for a weight " + to_string(weight.shape()));
  }
  if (!(config.alpha > 0) || !std::isfinite(config.alpha)) {
    throw Error("[lora] alpha " + std::to_string(config.alpha) + " is not a number above 0");
  }
  Rng rng(seed, Device::cpu());
  a_ = initial_values(Init::fan_in_uniform, {config.rank, in}, in, false, rng, weight.device());
  b_ = Tensor::zeros({out, config.rank}, weight.device());
  a_.set_requires_grad(true);
  b_.set_requires_grad(true);
}

Tensor LowRankAdapter::forward(const Tensor& x) const {
  return linear(linear(x, a_, {}), b_, {}) * scale_;
}

Tensor LowRankAdapter::product() const {
  const NoGradGuard no_grad;
  return matmul(b_, a_) * scale_;
}

}  // namespace kiln::nn
