// SPDX-License-Identifier: MIT
#include "engine/ops/layer_norm.h"

#include <algorithm>

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rows.h"
#include "kernels/layer_norm.h"

namespace kiln {
namespace {

class LayerNormNode final : public Node {
 public:
  LayerNormNode(std::vector<Tensor> inputs, double epsilon, Tensor mean, Tensor inv_std)
      : Node("layer_norm", std::move(inputs)),
        epsilon_(epsilon),
        mean_(std::move(mean)),
        inv_std_(std::move(inv_std)) {}

  // A row's statistics depend on x: they are computed again as a part of the graph.
  std::vector<Tensor> gradients(const Tensor& dy, const std::vector<bool>& needs) override {
    const Tensor& x = input(0);
    const std::int64_t rows = x.dim(0), cols = x.dim(1);
    // As tensors: they are of x's precision, which the numbers of an affine op are not.
    const Tensor n = constant_like(mean_, static_cast<double>(std::max<std::int64_t>(cols, 1)));
    const Tensor epsilon = constant_like(x, epsilon_);
    const auto mean_of = [&](const Tensor& t) { return broadcast_columns(row_sum(t) / n, cols); };
    const Tensor centred = x - mean_of(x);
    const Tensor inv_std = 1 / sqrt(mean_of(square(centred)) + epsilon);
    const Tensor normalised = centred * inv_std;
    std::vector<Tensor> grads(3);
    if (needs[0]) {
      const Tensor g = dy * broadcast_rows(input(1), rows);
      grads[0] = inv_std * (g - mean_of(g) - normalised * mean_of(g * normalised));
    }
    if (needs[1]) grads[1] = column_sum(dy * normalised);
    if (needs[2]) grads[2] = column_sum(dy);
    return grads;
  }

  void accumulate_gradients(const Tensor& dy, GradSink& sink) override {
    const auto target = [&](std::size_t i) {
      return sink.needs(i) ? sink.target(i) : GradSink::Target{Tensor(), false};
    };
    const GradSink::Target dx = target(0), dweight = target(1), dbias = target(2);
    dispatch("layer_norm", dy, [&](auto stream, auto zero) {
      using T = decltype(zero);
      const auto data = [](const Tensor& t) { return t.defined() ? t.data<T>() : nullptr; };
      kernels::LayerNormBackward<T> args;
      args.rows = dy.dim(0);
      args.cols = dy.dim(1);
      args.dy = dy.data<T>();
      args.x = input(0).data<T>();
      args.weight = input(1).data<T>();
      args.mean = mean_.data<T>();
      args.inv_std = inv_std_.data<T>();
      args.dx = data(dx.tensor);
      args.dweight = data(dweight.tensor);
      args.dbias = data(dbias.tensor);
      args.accumulate_dx = dx.accumulate;
      args.accumulate_dweight = dweight.accumulate;
      args.accumulate_dbias = dbias.accumulate;
      kernels::layer_norm_backward(stream, args);
    });
  }

 private:
  double epsilon_;
  Tensor mean_;
  Tensor inv_std_;
};

void check(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (x.rank() != 2 || weight.shape() != Shape{x.dim(1)} || bias.shape() != weight.shape()) {
    throw Error("[layer_norm] input " + to_string(x.shape()) + ", weight " +
                to_string(weight.shape()) + " and bias " + to_string(bias.shape()) +
                " are not (rows,cols), (cols) and (cols)");
  }
  require_same_kind("layer_norm", x, weight);
  require_same_kind("layer_norm", x, bias);
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon) {
  check(x, weight, bias);
  Tensor y = Tensor::empty(x.shape(), x.device(), x.dtype());
  Tensor mean = Tensor::empty({x.dim(0)}, x.device(), x.dtype());
  Tensor inv_std = Tensor::empty({x.dim(0)}, x.device(), x.dtype());
  dispatch("layer_norm", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::LayerNormForward<T> args;
    args.rows = x.dim(0);
    args.cols = x.dim(1);
    args.x = x.data<T>();
    args.weight = weight.data<T>();
    args.bias = bias.data<T>();
    args.epsilon = static_cast<T>(epsilon);
    args.mean = mean.data<T>();
    args.inv_std = inv_std.data<T>();
    args.y = y.data<T>();
    kernels::layer_norm_forward(stream, args);
  });
  return record<LayerNormNode>(std::move(y), {x, weight, bias}, epsilon, std::move(mean),
                               std::move(inv_std));
}

}  // namespace kiln
