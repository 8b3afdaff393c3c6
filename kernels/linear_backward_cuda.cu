// SPDX-License-Identifier: MIT
#include "kernels/activation_backward.h"
#include "kernels/gemm.h"
#include "kernels/launch.h"
#include "kernels/linear_backward.h"
#include "kernels/reduce.h"

namespace kiln::kernels {

void linear_backward(CudaStream stream, const LinearBackwardArgs<float>& args) {
  if (args.accumulate_dx && args.input_activation.kind != ActivationKind::identity) {
    throw Error("[linear_backward] not supported yet");
  }
  if (args.dweight != nullptr) {
    GemmArgs<float> g;
    g.transpose_a = true;
    g.m = args.out, g.n = args.in, g.k = args.batch;
    g.a = args.dz, g.b = args.x, g.c = args.dweight;
    g.accumulate = args.accumulate_dweight;
    gemm(stream, g);
  }
  if (args.dbias != nullptr) {
    column_sum(stream, args.dz, args.batch, args.out, args.dbias, args.accumulate_dbias);
  }
  if (args.dx != nullptr) {
    GemmArgs<float> g;
    g.m = args.batch, g.n = args.in, g.k = args.out;
    g.a = args.dz, g.b = args.weight, g.c = args.dx;
    g.accumulate = args.accumulate_dx;
    gemm(stream, g);
    if (args.input_activation.kind != ActivationKind::identity) {
      activation_backward(stream, args.input_activation, args.dx, args.x, args.dx, nullptr,
                          args.batch, args.in, false);
    }
  }
}

}  // namespace kiln::kernels
