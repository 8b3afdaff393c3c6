// SPDX-License-Identifier: MIT
// Categories in a generator's noise (the discrete code of InfoGAN, Chen et al. 2016): the first
// numbers of a row of normal ones choose one, the others stay as they are.
#pragma once

#include <cstdint>

#include "engine/nn/fused_layer.h"

namespace kiln::nn {

// x (batch, features) -> the same shape. The first `categories` numbers of a row become the one-hot
// vector of the largest, of length sqrt(categories): a number's mean square is 1, as it is in the
// noise. The gradient with respect to them is 0. No parameters.
class CategoricalLatents final : public FusedLayer {
 public:
  // Errors, at the first use: a negative number of categories, or more than features.
  explicit CategoricalLatents(std::int64_t categories);

  Tensor forward(const Tensor& x) override { return output(x); }
  void forward_into(const Tensor& x, const Tensor& y) const override;
  Tensor forward_of(const Tensor& x, const Tensor& y) const override;

  // Of the one-hot vector.
  double length() const;

 private:
  Tensor output(const Tensor& x) const;

  std::int64_t categories_;
};

}  // namespace kiln::nn
