// SPDX-License-Identifier: MIT
#include <vector>

#include "kernels/activation_backward.h"
#include "kernels/gemm.h"
#include "kernels/linear_backward.h"
#include "kernels/parallel_cpu.h"
#include "kernels/reduce.h"

namespace kiln::kernels {
namespace {

template <class T>
GemmArgs<T> input_gradient(const LinearBackwardArgs<T>& args) {
  GemmArgs<T> gemm;
  gemm.m = args.batch;
  gemm.n = args.in;
  gemm.k = args.out;
  gemm.a = args.dz;
  gemm.b = args.weight;
  gemm.c = args.dx;
  gemm.accumulate = args.accumulate_dx;
  gemm.precision = args.precision;
  return gemm;
}

template <class T>
GemmArgs<T> weight_gradient(const LinearBackwardArgs<T>& args) {
  GemmArgs<T> gemm;
  gemm.transpose_a = true;
  gemm.m = args.out;
  gemm.n = args.in;
  gemm.k = args.batch;
  gemm.a = args.dz;
  gemm.b = args.x;
  gemm.c = args.dweight;
  gemm.accumulate = args.accumulate_dweight;
  gemm.precision = args.precision;
  return gemm;
}

}  // namespace

template <class T>
void linear_backward(CpuStream stream, const LinearBackwardArgs<T>& args) {
  if (args.dweight != nullptr) gemm(stream, weight_gradient(args));
  if (args.dbias != nullptr) {
    column_sum(stream, args.dz, args.batch, args.out, args.dbias, args.accumulate_dbias);
  }
  if (args.dx == nullptr) return;
  const bool scaled = args.input_activation.kind != ActivationKind::identity;
  if (!scaled || !args.accumulate_dx) {
    gemm(stream, input_gradient(args));
    if (scaled) {
      activation_backward(stream, args.input_activation, args.dx, args.x, args.dx,
                          static_cast<T*>(nullptr), args.batch, args.in, false);
    }
    return;
  }
  // dx += (dz W) act'(x): what dx holds must not be scaled.
  thread_local std::vector<T> product;
  product.resize(static_cast<std::size_t>(args.batch * args.in));
  GemmArgs<T> gemm_args = input_gradient(args);
  gemm_args.c = product.data();
  gemm_args.accumulate = false;
  gemm(stream, gemm_args);
  with_activation(args.input_activation, [&](auto op) {
    parallel_for(args.batch * args.in, kParallelGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        args.dx[i] += product[static_cast<std::size_t>(i)] * op.derivative(args.x[i], args.x[i]);
      }
    });
  });
}

template void linear_backward(CpuStream, const LinearBackwardArgs<float>&);
template void linear_backward(CpuStream, const LinearBackwardArgs<double>&);

}  // namespace kiln::kernels
