// SPDX-License-Identifier: MIT
#include "engine/nn/categorical_latents.h"

#include <cmath>

#include "engine/autograd/node.h"
#include "engine/ops/concat.h"
#include "engine/ops/one_hot.h"

namespace kiln::nn {

CategoricalLatents::CategoricalLatents(std::int64_t categories) : categories_(categories) {}

double CategoricalLatents::length() const { return std::sqrt(static_cast<double>(categories_)); }

Tensor CategoricalLatents::output(const Tensor& x) const {
  const Tensor others = columns(x, categories_, x.dim(1) - categories_);
  const Tensor code = Tensor::empty({x.dim(0), categories_}, x.device(), x.dtype());
  write_largest_one_hot(x, categories_, length(), code, 0);
  return concat_columns(code, others);
}

void CategoricalLatents::forward_into(const Tensor& x, const Tensor& y) const {
  write_largest_one_hot(x, categories_, length(), y, 0);
  write_columns(x, categories_, x.dim(1) - categories_, y, categories_);
}

// Noise asks for no gradient, and y is there already.
Tensor CategoricalLatents::forward_of(const Tensor& x, const Tensor& y) const {
  return needs_graph({x}) ? output(x) : y;
}

}  // namespace kiln::nn
