// SPDX-License-Identifier: MIT
#include "engine/ops/loss.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "kernels/loss.h"

namespace kiln {
namespace {

// A tensor, or one number where the tensor is undefined.
struct Target {
  Tensor values;
  double constant = 0;

  template <class T>
  kernels::LossTarget<T> native() const {
    return {values.defined() ? values.data<T>() : nullptr, static_cast<T>(constant)};
  }
};

template <class Loss>
class LossNode final : public Node {
 public:
  LossNode(std::vector<Tensor> inputs, Loss loss, Target target)
      : Node(Loss::name, std::move(inputs)), loss_(loss), target_(std::move(target)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    const Tensor& x = input(0);
    if (x.numel() == 0) return {x.detach()};
    const Tensor t = target_.values.defined() ? target_.values : constant_like(x, target_.constant);
    return {sum(grad, 1.0 / static_cast<double>(x.numel())) * loss_.derivative(x, t)};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const auto [dx, accumulate] = sink.target(0);
    dispatch(Loss::name, grad, [&, &dx = dx, accumulate = accumulate](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::loss_backward(stream, loss_, grad.data<T>(), input(0).template data<T>(),
                             target_.template native<T>(), dx.numel(), dx.template data<T>(),
                             accumulate);
    });
  }

 private:
  Loss loss_;
  Target target_;
};

template <class Loss>
Tensor evaluate(Loss loss, const Tensor& x, Target target) {
  Tensor out = Tensor::empty({}, x.device(), x.dtype());
  const Tensor workspace = Tensor::empty({kernels::kSumWorkspace}, x.device(), x.dtype());
  dispatch(Loss::name, x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::loss_forward(stream, loss, x.data<T>(), target.native<T>(), x.numel(), out.data<T>(),
                          workspace.data<T>());
  });
  return record<LossNode<Loss>>(std::move(out), {x}, loss, std::move(target));
}

}  // namespace

template <class Loss>
Tensor mean_loss(Loss loss, const Tensor& x, const Tensor& target) {
  if (x.shape() != target.shape()) {
    throw Error(std::string("[") + Loss::name + "] prediction " + to_string(x.shape()) +
                " does not match target " + to_string(target.shape()));
  }
  require_same_kind(Loss::name, x, target);
  return evaluate(loss, x, {target.detach(), 0});
}

template <class Loss>
Tensor mean_loss(Loss loss, const Tensor& x, double target) {
  return evaluate(loss, x, {Tensor(), target});
}

#define KILN_INSTANTIATE(Loss, snake_case_name)                           \
  template Tensor mean_loss(kernels::Loss, const Tensor&, const Tensor&); \
  template Tensor mean_loss(kernels::Loss, const Tensor&, double);
KILN_LOSSES(KILN_INSTANTIATE)

}  // namespace kiln
