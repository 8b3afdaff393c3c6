// SPDX-License-Identifier: MIT
#include <vector>

#include "kernels/activation_backward.h"
#include "kernels/linear_backward.h"
#include "kernels/linear_backward_products.h"
#include "kernels/parallel_cpu.h"
#include "kernels/reduce.h"

namespace kiln::kernels {

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
  const T* const values = gemm_args.c;  // `product` is another vector in each thread
  with_activation(args.input_activation, [&](auto op) {
    parallel_for(args.batch * args.in, kParallelGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        args.dx[i] += values[i] * op.derivative(args.x[i], args.x[i]);
      }
    });
  });
}

template void linear_backward(CpuStream, const LinearBackwardArgs<float>&);
template void linear_backward(CpuStream, const LinearBackwardArgs<double>&);

}  // namespace kiln::kernels
