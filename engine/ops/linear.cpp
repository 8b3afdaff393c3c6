// SPDX-License-Identifier: MIT
#include "engine/ops/linear.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "kernels/activation_backward.h"
#include "kernels/gemm.h"

namespace kiln {
namespace {

// With z = x W^T + b and y = act(z):  dz = dy act'(y),  dx = dz W,  dW = dz^T x,  db = sum_rows dz.
class LinearNode final : public Node {
 public:
  LinearNode(std::vector<Tensor> inputs, Activation activation)
      : Node("linear", std::move(inputs)), activation_(activation) {}

  std::vector<Tensor> gradients(const Tensor& dy, const std::vector<bool>& needs) override {
    Tensor dz = dy;
    if (activation_.kind != ActivationKind::identity) {
      const Tensor y = output();
      dz = dy * kernels::with_activation(activation_, [&](auto op) { return op.derivative(y, y); });
    }
    std::vector<Tensor> grads(inputs().size());
    if (needs[0]) grads[0] = matmul(dz, input(1));
    if (needs[1]) grads[1] = matmul(dz, input(0), true, false);
    if (inputs().size() > 2 && needs[2]) grads[2] = column_sum(dz);
    return grads;
  }

  void accumulate_gradients(const Tensor& dy, GradSink& sink) override {
    const Tensor dz = activation_and_bias_gradient(dy, sink);
    if (sink.needs(1)) {
      const auto [dw, accumulate] = sink.target(1);
      matmul_into(dz, input(0), true, false, dw, accumulate);
    }
    if (sink.needs(0)) {
      const auto [dx, accumulate] = sink.target(0);
      matmul_into(dz, input(1), false, false, dx, accumulate);
    }
  }

 private:
  Tensor activation_and_bias_gradient(const Tensor& dy, GradSink& sink) {
    const bool identity = activation_.kind == ActivationKind::identity;
    const bool bias = inputs().size() > 2 && sink.needs(2);
    if (identity && !bias) return dy;
    Tensor dz = identity ? dy : Tensor::empty(dy.shape(), dy.device(), dy.dtype());
    GradSink::Target db = bias ? sink.target(2) : GradSink::Target{Tensor(), false};
    dispatch("linear", dy, [&](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::activation_backward(stream, activation_, dy.data<T>(), output_values().data<T>(),
                                   identity ? static_cast<T*>(nullptr) : dz.data<T>(),
                                   bias ? db.tensor.template data<T>() : static_cast<T*>(nullptr),
                                   dy.dim(0), dy.dim(1), db.accumulate);
    });
    return dz;
  }

  Activation activation_;
};

void check(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  const auto fail = [&](const std::string& why) { throw Error("[linear] " + why); };
  const std::string input = "input " + to_string(x.shape());
  if (x.rank() != 2 || weight.rank() != 2) {
    fail(input + " and weight " + to_string(weight.shape()) + " must be matrices");
  }
  if (x.dim(1) != weight.dim(1)) {
    fail(input + " does not match weight " + to_string(weight.shape()) + ": " +
         std::to_string(x.dim(1)) + " != " + std::to_string(weight.dim(1)));
  }
  if (bias.defined() && bias.shape() != Shape{weight.dim(0)}) {
    fail("bias " + to_string(bias.shape()) + " does not match weight " + to_string(weight.shape()));
  }
  if (activation.kind == ActivationKind::leaky_relu && !(activation.slope > 0)) {
    fail("leaky_relu needs a slope above 0, got " + std::to_string(activation.slope));
  }
  require_same_kind("linear", x, weight);
  if (bias.defined()) require_same_kind("linear", x, bias);
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  check(x, weight, bias, activation);
  Tensor y = Tensor::empty({x.dim(0), weight.dim(0)}, x.device(), x.dtype());
  dispatch("linear", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::GemmArgs<T> args;
    args.transpose_b = true;
    args.m = x.dim(0);
    args.n = weight.dim(0);
    args.k = x.dim(1);
    args.a = x.data<T>();
    args.b = weight.data<T>();
    args.c = y.data<T>();
    args.bias = bias.defined() ? bias.data<T>() : nullptr;
    args.activation = activation;
    kernels::gemm(stream, args);
  });
  std::vector<Tensor> inputs = {x, weight};
  if (bias.defined()) inputs.push_back(bias);
  return record<LinearNode>(std::move(y), std::move(inputs), activation);
}

}  // namespace kiln
