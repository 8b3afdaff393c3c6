// SPDX-License-Identifier: MIT
// The two matrix products of linear_backward.h, for twins that leave them to gemm().
#pragma once

#include "kernels/gemm.h"
#include "kernels/linear_backward.h"

namespace kiln::kernels {

// dx (+)= dz W, without the activation.
template <class T>
GemmArgs<T> input_gradient(const LinearBackwardArgs<T>& args) {
  GemmArgs<T> product;
  product.m = args.batch;
  product.n = args.in;
  product.k = args.out;
  product.a = args.dz;
  product.b = args.weight;
  product.c = args.dx;
  product.accumulate = args.accumulate_dx;
  product.precision = args.precision;
  return product;
}

// dW (+)= dz^T x
template <class T>
GemmArgs<T> weight_gradient(const LinearBackwardArgs<T>& args) {
  GemmArgs<T> product;
  product.transpose_a = true;
  product.m = args.out;
  product.n = args.in;
  product.k = args.batch;
  product.a = args.dz;
  product.b = args.x;
  product.c = args.dweight;
  product.accumulate = args.accumulate_dweight;
  product.precision = args.precision;
  return product;
}

}  // namespace kiln::kernels
