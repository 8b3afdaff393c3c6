// SPDX-License-Identifier: MIT
#include "engine/ops/spectral_norm.h"

#include "engine/autograd/grad_mode.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"

namespace kiln {
namespace {

// The shape is said again because a single element divided by a scalar is a scalar.
Tensor divided(const Tensor& x, const Tensor& scalar) { return reshape(x / scalar, x.shape()); }

Tensor unit_length(const Tensor& x) { return divided(x, clamp_min(sqrt(sum(square(x))), 1e-12)); }

Tensor as_column(const Tensor& x) { return x.slice(0, {x.numel(), 1}); }

void check_shapes(const Tensor& weight, const Tensor& u, const Tensor& v) {
  if (weight.rank() != 2 || u.shape() != Shape{weight.dim(0)} ||
      v.shape() != Shape{weight.dim(1)}) {
    throw Error("[spectral_norm] weight " + to_string(weight.shape()) + ", u " +
                to_string(u.shape()) + " and v " + to_string(v.shape()) +
                " are not (out,in), (out) and (in)");
  }
  require_same_kind("spectral_norm", weight, u);
  require_same_kind("spectral_norm", weight, v);
}

}  // namespace

Tensor spectral_norm(const Tensor& weight, const Tensor& u, const Tensor& v, bool training) {
  check_shapes(weight, u, v);
  Tensor left = as_column(u), right = as_column(v);
  if (training) {
    const NoGradGuard no_grad;
    right = unit_length(matmul(weight, left, true, false));
    left = unit_length(matmul(weight, right));
    // The graph keeps its own: the next step overwrites u and v, maybe before its backward pass.
    as_column(u).copy_from(left);
    as_column(v).copy_from(right);
  }
  return divided(weight, sum(left * matmul(weight, right)));
}

}  // namespace kiln
