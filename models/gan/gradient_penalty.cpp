// SPDX-License-Identifier: MIT
#include "models/gan/gradient_penalty.h"

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rows.h"

namespace kiln::models {

Tensor slope_at(const Discriminator& discriminator, Tensor x, std::int64_t pixels) {
  x.set_requires_grad(true);
  const Tensor slope = grad(discriminator(x), {x}, true)[0];
  return pixels == x.dim(1) ? slope : columns(slope, 0, pixels);
}

Tensor gradient_penalty(const Discriminator& discriminator, const Tensor& real,
                        const Tensor& generated, const Tensor& mix, std::int64_t pixels,
                        double weight) {
  Tensor x;
  {
    const NoGradGuard no_grad;
    x = real + (generated - real) * broadcast_columns(mix, real.dim(1));
  }
  const Tensor slope = slope_at(discriminator, x, pixels);
  // A length of exactly 0 has no derivative: a little above it, it has.
  const Tensor length = sqrt(row_sum(square(slope)) + 1e-12);
  return sum(square(length - 1), weight / static_cast<double>(real.dim(0)));
}

}  // namespace kiln::models
