// SPDX-License-Identifier: MIT
#include "engine/nn/init.h"

#include <cmath>

#include "engine/ops/pointwise.h"
#include "engine/rng.h"

namespace kiln::nn {

Tensor initial_values(Init init, Shape shape, std::int64_t in_features, bool is_bias, Rng& rng,
                      Device device) {
  const double scale = in_features > 0 ? 1 / std::sqrt(static_cast<double>(in_features)) : 0;
  if (init == Init::fan_in_uniform) {
    return affine(rng.uniform(std::move(shape)), 2 * scale, -scale).to(device);
  }
  if (is_bias) return Tensor::zeros(std::move(shape), device);
  if (init == Init::dcgan_normal) {
    return affine(rng.normal(std::move(shape)), 0.02, 0).to(device);
  }
  const double gain = init == Init::he_normal ? std::sqrt(2.0) : 1;
  return affine(rng.normal(std::move(shape)), gain * scale, 0).to(device);
}

}  // namespace kiln::nn
