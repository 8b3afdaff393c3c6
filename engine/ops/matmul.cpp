// SPDX-License-Identifier: MIT
#include "engine/ops/matmul.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/precision.h"
#include "kernels/gemm.h"

namespace kiln {
namespace {

// For C = op(A) op(B):  op(dA) = dC op(B)^T  and  op(dB) = op(A)^T dC.
class MatmulNode final : public Node {
 public:
  MatmulNode(std::vector<Tensor> inputs, bool transpose_a, bool transpose_b)
      : Node("matmul", std::move(inputs)), transpose_a_(transpose_a), transpose_b_(transpose_b) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& needs) override {
    std::vector<Tensor> grads(2);
    if (needs[0]) {
      grads[0] = transpose_a_ ? matmul(input(1), grad, transpose_b_, true)
                              : matmul(grad, input(1), false, !transpose_b_);
    }
    if (needs[1]) {
      grads[1] = transpose_b_ ? matmul(grad, input(0), true, transpose_a_)
                              : matmul(input(0), grad, !transpose_a_, false);
    }
    return grads;
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    if (sink.needs(0)) {
      const auto [out, accumulate] = sink.target(0);
      if (transpose_a_) {
        matmul_into(input(1), grad, transpose_b_, true, out, accumulate);
      } else {
        matmul_into(grad, input(1), false, !transpose_b_, out, accumulate);
      }
    }
    if (sink.needs(1)) {
      const auto [out, accumulate] = sink.target(1);
      if (transpose_b_) {
        matmul_into(grad, input(0), true, transpose_a_, out, accumulate);
      } else {
        matmul_into(input(0), grad, !transpose_a_, false, out, accumulate);
      }
    }
  }

 private:
  bool transpose_a_;
  bool transpose_b_;
};

}  // namespace

void matmul_into(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b,
                 const Tensor& out, bool accumulate) {
  dispatch("matmul", a, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::GemmArgs<T> args;
    args.transpose_a = transpose_a;
    args.transpose_b = transpose_b;
    args.m = out.dim(0);
    args.n = out.dim(1);
    args.k = a.dim(transpose_a ? 0 : 1);
    args.a = a.data<T>();
    args.b = b.data<T>();
    args.c = out.data<T>();
    args.accumulate = accumulate;
    args.precision = matmul_precision();
    kernels::gemm(stream, args);
  });
}

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  const auto fail = [&](const std::string& why) {
    throw Error("[matmul] " + to_string(a.shape()) + (transpose_a ? "^T" : "") + " x " +
                to_string(b.shape()) + (transpose_b ? "^T" : "") + ": " + why);
  };
  if (a.rank() != 2 || b.rank() != 2) fail("both must be matrices");
  const std::int64_t k = a.dim(transpose_a ? 0 : 1);
  const std::int64_t k_of_b = b.dim(transpose_b ? 1 : 0);
  if (k != k_of_b) fail(std::to_string(k) + " != " + std::to_string(k_of_b));
  require_same_kind("matmul", a, b);
  Tensor out = Tensor::empty({a.dim(transpose_a ? 1 : 0), b.dim(transpose_b ? 0 : 1)}, a.device(),
                             a.dtype());
  matmul_into(a, b, transpose_a, transpose_b, out, false);
  return record<MatmulNode>(std::move(out), {a, b}, transpose_a, transpose_b);
}

}  // namespace kiln
