// SPDX-License-Identifier: MIT
#include "engine/ops/linear.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/precision.h"
#include "kernels/activation_backward.h"
#include "kernels/gemm.h"
#include "kernels/linear_backward.h"

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
    const Tensor dz = before_activation(dy, sink);
    const Tensor& x = input(0);
    const bool needs_x = sink.needs(0), needs_weight = sink.needs(1);
    const bool needs_bias = inputs().size() > 2 && sink.needs(2);
    const Activation input_activation =
        needs_x && sink.take_over_activation(0) ? kiln::fused_activation(x) : Activation{};
    const auto target = [&](bool needed, std::size_t i) {
      return needed ? sink.target(i) : GradSink::Target{Tensor(), false};
    };
    const GradSink::Target dx = target(needs_x, 0), dw = target(needs_weight, 1),
                           db = target(needs_bias, 2);
    dispatch("linear", dz, [&](auto stream, auto zero) {
      using T = decltype(zero);
      const auto data = [](const Tensor& t) { return t.defined() ? t.data<T>() : nullptr; };
      kernels::LinearBackwardArgs<T> args;
      args.batch = x.dim(0);
      args.in = x.dim(1);
      args.out = dz.dim(1);
      args.dz = dz.data<T>();
      args.x = x.data<T>();
      args.weight = input(1).data<T>();
      args.dx = data(dx.tensor);
      args.dweight = data(dw.tensor);
      args.dbias = data(db.tensor);
      args.accumulate_dx = dx.accumulate;
      args.accumulate_dweight = dw.accumulate;
      args.accumulate_dbias = db.accumulate;
      args.input_activation = input_activation;
      args.precision = matmul_precision();
      kernels::linear_backward(stream, args);
    });
  }

  Activation fused_activation() const override { return activation_; }

 private:
  Tensor before_activation(const Tensor& dy, const GradSink& sink) {
    if (activation_.kind == ActivationKind::identity || sink.output_is_taken_over()) return dy;
    Tensor dz = Tensor::empty(dy.shape(), dy.device(), dy.dtype());
    dispatch("linear", dy, [&](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::activation_backward(stream, activation_, dy.data<T>(), output_values().data<T>(),
                                   dz.data<T>(), static_cast<T*>(nullptr), dy.dim(0), dy.dim(1),
                                   false);
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

void check_output(const Tensor& x, const Tensor& weight, const Tensor& y) {
  require_same_kind("linear", x, y);
  if (y.shape() == Shape{x.dim(0), weight.dim(0)}) return;
  throw Error("[linear] output " + to_string(y.shape()) + " does not match input " +
              to_string(x.shape()) + " and weight " + to_string(weight.shape()));
}

}  // namespace

void linear_into(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation,
                 const Tensor& y) {
  check(x, weight, bias, activation);
  check_output(x, weight, y);
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
    args.precision = matmul_precision();
    kernels::gemm(stream, args);
  });
}

Tensor linear_of(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation,
                 const Tensor& y) {
  check(x, weight, bias, activation);
  check_output(x, weight, y);
  std::vector<Tensor> inputs = {x, weight};
  if (bias.defined()) inputs.push_back(bias);
  return record<LinearNode>(y.detach(), std::move(inputs), activation);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  check(x, weight, bias, activation);
  const Tensor y = Tensor::empty({x.dim(0), weight.dim(0)}, x.device(), x.dtype());
  linear_into(x, weight, bias, activation, y);
  return linear_of(x, weight, bias, activation, y);
}

}  // namespace kiln
