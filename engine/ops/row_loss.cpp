// SPDX-License-Identifier: MIT
#include "engine/ops/row_loss.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/rows.h"
#include "kernels/row_loss.h"

namespace kiln {
namespace {

template <class T>
kernels::RowLossArgs<T> row_loss_args(const Tensor& x, const Tensor& target) {
  return {x.data<T>(), target.data<T>(), x.dim(0), x.dim(1), target.dim(0)};
}

template <class Loss>
class RowLossNode final : public Node {
 public:
  RowLossNode(std::vector<Tensor> inputs, Loss loss, Tensor target)
      : Node(Loss::name, std::move(inputs)), loss_(loss), target_(std::move(target)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    const Tensor& x = input(0);
    if (x.numel() == 0) return {x.detach()};
    const Tensor t = repeated_rows(target_, x.dim(0) / target_.dim(0));
    return {broadcast_columns(grad, x.dim(1)) * loss_.derivative(x, t)};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const auto [dx, accumulate] = sink.target(0);
    dispatch(Loss::name, grad, [&, &dx = dx, accumulate = accumulate](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::row_loss_backward(stream, loss_, grad.data<T>(), row_loss_args<T>(input(0), target_),
                                 dx.template data<T>(), accumulate);
    });
  }

 private:
  Loss loss_;
  Tensor target_;
};

void check_rows(const char* name, const Tensor& x, const Tensor& target) {
  const bool match = x.rank() == 2 && target.rank() == 2 && x.dim(1) == target.dim(1) &&
                     (target.dim(0) == 0 ? x.dim(0) == 0 : x.dim(0) % target.dim(0) == 0);
  if (!match) {
    throw Error(std::string("[") + name + "] prediction " + to_string(x.shape()) +
                " is not rows that match those of target " + to_string(target.shape()));
  }
  require_same_kind(name, x, target);
}

}  // namespace

template <class Loss>
Tensor row_loss(Loss loss, const Tensor& x, const Tensor& target) {
  check_rows(Loss::name, x, target);
  Tensor out = Tensor::empty({x.dim(0)}, x.device(), x.dtype());
  dispatch(Loss::name, x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::row_loss_forward(stream, loss, row_loss_args<T>(x, target), out.data<T>());
  });
  return record<RowLossNode<Loss>>(std::move(out), {x}, loss, target.detach());
}

#define KILN_INSTANTIATE(Loss, snake_case_name) \
  template Tensor row_loss(kernels::Loss, const Tensor&, const Tensor&);
KILN_LOSSES(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln
