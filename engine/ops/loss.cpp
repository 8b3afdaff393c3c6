// SPDX-License-Identifier: MIT
#include "engine/ops/loss.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/linear.h"
#include "engine/ops/ones.h"
#include "engine/ops/reduce.h"
#include "kernels/loss.h"

namespace kiln {
namespace {

template <class T>
const T* data_or_null(const Tensor& x) {
  return x.defined() ? x.data<T>() : nullptr;
}

// A tensor, or one number where the tensor is undefined.
struct Target {
  Tensor values;
  double constant = 0;
  Tensor weights = {};  // 1 where undefined

  template <class T>
  kernels::LossTarget<T> native() const {
    return {data_or_null<T>(values), static_cast<T>(constant)};
  }
};

double mean_scale(const Tensor& x) {
  return x.numel() == 0 ? 0 : 1.0 / static_cast<double>(x.numel());
}

// The forward pass has made the gradient already, for an outer gradient of 1 and, where x is the
// output of a fused activation, as the gradient before it. It is given away by the first backward
// pass; whatever else is asked is computed anew.
template <class Loss>
class LossNode final : public Node {
 public:
  LossNode(std::vector<Tensor> inputs, Loss loss, Target target, double scale,
           Tensor ready_gradient)
      : Node(Loss::name, std::move(inputs)),
        loss_(loss),
        target_(std::move(target)),
        scale_(scale),
        ready_gradient_(std::move(ready_gradient)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    const Tensor& x = input(0);
    if (x.numel() == 0) return {x.detach()};
    const Tensor t = target_.values.defined() ? target_.values : constant_like(x, target_.constant);
    const Tensor slope = loss_.derivative(x, t);
    return {sum(grad, scale_) * (target_.weights.defined() ? target_.weights * slope : slope)};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const bool plain = kiln::fused_activation(input(0)).kind == ActivationKind::identity;
    if (is_one(grad) && ready_gradient_.defined() && (plain || sink.take_over_activation(0))) {
      return sink.give(0, std::move(ready_gradient_));
    }
    if (target_.weights.defined()) {  // the kernel knows none: a backward pass rarely comes here
      const NoGradGuard no_grad;
      return sink.add(0, gradients(grad, {true})[0]);
    }
    const auto [dx, accumulate] = sink.target(0);
    dispatch(Loss::name, grad, [&, &dx = dx, accumulate = accumulate](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::LossArgs<T> args = loss_args<T>(input(0), target_, scale_);
      args.dx = dx.template data<T>();
      kernels::loss_backward(stream, loss_, grad.data<T>(), args, accumulate);
    });
  }

  template <class T>
  static kernels::LossArgs<T> loss_args(const Tensor& x, const Target& target, double scale) {
    kernels::LossArgs<T> args;
    args.x = x.data<T>();
    args.target = target.native<T>();
    args.n = x.numel();
    args.scale = static_cast<T>(scale);
    return args;
  }

 private:
  Loss loss_;
  Target target_;
  double scale_;
  Tensor ready_gradient_;  // undefined once it has been given away
};

template <class Loss>
Tensor evaluate(Loss loss, const Tensor& x, Target target, double scale) {
  Tensor out = Tensor::empty({}, x.device(), x.dtype());
  const Tensor workspace = Tensor::empty({kernels::kSumWorkspace}, x.device(), x.dtype());
  Tensor gradient;
  if (needs_graph({x})) gradient = Tensor::empty(x.shape(), x.device(), x.dtype());
  dispatch(Loss::name, x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::LossArgs<T> args = LossNode<Loss>::template loss_args<T>(x, target, scale);
    args.dx = gradient.defined() ? gradient.data<T>() : nullptr;
    kernels::loss_forward(stream, loss, args, fused_activation(x), out.data<T>(),
                          workspace.data<T>(), data_or_null<T>(target.weights));
  });
  return record<LossNode<Loss>>(std::move(out), {x}, loss, std::move(target), scale,
                                std::move(gradient));
}

void check(const char* name, const Tensor& x, const Tensor& target) {
  if (x.shape() != target.shape()) {
    throw Error(std::string("[") + name + "] prediction " + to_string(x.shape()) +
                " does not match target " + to_string(target.shape()));
  }
  require_same_kind(name, x, target);
}

}  // namespace

template <class Loss>
Tensor mean_loss(Loss loss, const Tensor& x, const Tensor& target) {
  check(Loss::name, x, target);
  return evaluate(loss, x, {target.detach(), 0}, mean_scale(x));
}

template <class Loss>
Tensor mean_loss(Loss loss, const Tensor& x, double target) {
  return evaluate(loss, x, {Tensor(), target}, mean_scale(x));
}

template <class Loss>
Tensor sum_loss(Loss loss, const Tensor& x, const Tensor& target, double scale) {
  check(Loss::name, x, target);
  return evaluate(loss, x, {target.detach(), 0}, scale);
}

template <class Loss>
Tensor sum_loss(Loss loss, const Tensor& x, const Tensor& target, const Tensor& weights,
                double scale) {
  check(Loss::name, x, target);
  check(Loss::name, x, weights);
  return evaluate(loss, x, {target.detach(), 0, weights.detach()}, scale);
}

#define KILN_INSTANTIATE(Loss, snake_case_name)                                  \
  template Tensor mean_loss(kernels::Loss, const Tensor&, const Tensor&);        \
  template Tensor mean_loss(kernels::Loss, const Tensor&, double);               \
  template Tensor sum_loss(kernels::Loss, const Tensor&, const Tensor&, double); \
  template Tensor sum_loss(kernels::Loss, const Tensor&, const Tensor&, const Tensor&, double);
KILN_LOSSES(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln
