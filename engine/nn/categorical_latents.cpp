// SPDX-License-Identifier: MIT
#include "engine/nn/categorical_latents.h"

#include <cmath>

#include "engine/autograd/grad_mode.h"
#include "engine/autograd/node.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/softmax.h"

namespace kiln::nn {

CategoricalLatents::CategoricalLatents(std::int64_t categories) : categories_(categories) {}

double CategoricalLatents::scale() const { return std::sqrt(static_cast<double>(categories_)); }

Tensor CategoricalLatents::code(const Tensor& x) const {
  return softmax(columns(x, 0, categories_) * kSharpness) * scale();
}

Tensor CategoricalLatents::output(const Tensor& x) const {
  const Tensor chosen = code(x);
  return concat_columns(chosen, columns(x, categories_, x.dim(1) - categories_));
}

void CategoricalLatents::forward_into(const Tensor& x, const Tensor& y) const {
  const NoGradGuard no_grad;
  write_columns(code(x), y, 0);
  write_columns(x, categories_, x.dim(1) - categories_, y, categories_);
}

// Noise asks for no gradient, and y is there already.
Tensor CategoricalLatents::forward_of(const Tensor& x, const Tensor& y) const {
  return needs_graph({x}) ? output(x) : y;
}

}  // namespace kiln::nn
