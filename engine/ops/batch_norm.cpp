// SPDX-License-Identifier: MIT
#include "engine/ops/batch_norm.h"

#include <algorithm>

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/channels.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rows.h"
#include "kernels/batch_norm.h"

namespace kiln {
namespace {

kernels::BatchNormShape shape_of(const Tensor& x) {
  const std::int64_t planes = x.dim(0) * x.dim(1);
  return {x.dim(0), x.dim(1), planes == 0 ? 1 : x.numel() / planes};
}

class BatchNormNode final : public Node {
 public:
  BatchNormNode(std::vector<Tensor> inputs, BatchNormSettings settings, Tensor mean, Tensor inv_std)
      : Node("batch_norm", std::move(inputs)),
        settings_(settings),
        mean_(std::move(mean)),
        inv_std_(std::move(inv_std)) {}

  // A training batch's statistics depend on x: they are computed again as a part of the graph.
  std::vector<Tensor> gradients(const Tensor& dy, const std::vector<bool>& needs) override {
    const Tensor& x = input(0);
    const auto [batch, channels, spatial] = shape_of(x);
    // As tensors: they are of x's precision, which the numbers of an affine op are not.
    const auto values = static_cast<double>(std::max<std::int64_t>(batch * spatial, 1));
    const Tensor m = constant_like(mean_, values);
    const Tensor epsilon = constant_like(mean_, settings_.epsilon);
    Tensor mean = mean_, inv_std = inv_std_;
    if (settings_.training) mean = channel_sum(x) / m;
    const Tensor centred = x - broadcast_channels(mean, x.shape());
    if (settings_.training) {
      inv_std = 1 / sqrt(channel_sum(square(centred)) / m + epsilon);
    }
    const Tensor normalised = centred * broadcast_channels(inv_std, x.shape());
    const Tensor dbias = channel_sum(dy);
    const Tensor dweight = channel_sum(dy * normalised);
    std::vector<Tensor> grads(3);
    if (needs[0]) {
      Tensor dx = dy;
      if (settings_.training) {
        dx = dx - broadcast_channels(dbias / m, x.shape()) -
             normalised * broadcast_channels(dweight / m, x.shape());
      }
      grads[0] = dx * broadcast_channels(input(1) * inv_std, x.shape());
    }
    if (needs[1]) grads[1] = dweight;
    if (needs[2]) grads[2] = dbias;
    return grads;
  }

  void accumulate_gradients(const Tensor& dy, GradSink& sink) override {
    const auto target = [&](std::size_t i) {
      return sink.needs(i) ? sink.target(i) : GradSink::Target{Tensor(), false};
    };
    const GradSink::Target dx = target(0), dweight = target(1), dbias = target(2);
    dispatch("batch_norm", dy, [&](auto stream, auto zero) {
      using T = decltype(zero);
      const auto data = [](const Tensor& t) { return t.defined() ? t.data<T>() : nullptr; };
      kernels::BatchNormBackward<T> args;
      args.shape = shape_of(input(0));
      args.dy = dy.data<T>();
      args.x = input(0).data<T>();
      args.weight = input(1).data<T>();
      args.mean = mean_.data<T>();
      args.inv_std = inv_std_.data<T>();
      args.training = settings_.training;
      args.dx = data(dx.tensor);
      args.dweight = data(dweight.tensor);
      args.dbias = data(dbias.tensor);
      args.accumulate_dx = dx.accumulate;
      args.accumulate_dweight = dweight.accumulate;
      args.accumulate_dbias = dbias.accumulate;
      kernels::batch_norm_backward(stream, args);
    });
  }

 private:
  BatchNormSettings settings_;
  Tensor mean_;
  Tensor inv_std_;
};

void check(const Tensor& x, const std::vector<const Tensor*>& of_channels, bool training) {
  const std::string input = "input " + to_string(x.shape());
  if (x.rank() < 2) throw Error("[batch_norm] " + input + " is not (batch,channels,...)");
  for (const Tensor* tensor : of_channels) {
    require_same_kind("batch_norm", x, *tensor);
    if (tensor->shape() == Shape{x.dim(1)}) continue;
    throw Error("[batch_norm] " + input + " does not match weight, bias or statistics " +
                to_string(tensor->shape()));
  }
  if (training && x.dim(1) > 0 && x.numel() < 2 * x.dim(1)) {
    throw Error("[batch_norm] training needs two values a channel or more, got " + input);
  }
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormSettings& settings) {
  check(x, {&weight, &bias, &running_mean, &running_var}, settings.training);
  Tensor y = Tensor::empty(x.shape(), x.device(), x.dtype());
  Tensor mean = Tensor::empty(weight.shape(), x.device(), x.dtype());
  Tensor inv_std = Tensor::empty(weight.shape(), x.device(), x.dtype());
  dispatch("batch_norm", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::BatchNormForward<T> args;
    args.shape = shape_of(x);
    args.x = x.data<T>();
    args.weight = weight.data<T>();
    args.bias = bias.data<T>();
    args.training = settings.training;
    args.momentum = static_cast<T>(settings.momentum);
    args.epsilon = static_cast<T>(settings.epsilon);
    args.running_mean = running_mean.data<T>();
    args.running_var = running_var.data<T>();
    args.mean = mean.data<T>();
    args.inv_std = inv_std.data<T>();
    args.y = y.data<T>();
    kernels::batch_norm_forward(stream, args);
  });
  return record<BatchNormNode>(std::move(y), {x, weight, bias}, settings, std::move(mean),
                               std::move(inv_std));
}

}  // namespace kiln
