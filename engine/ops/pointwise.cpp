// SPDX-License-Identifier: MIT
#include "engine/ops/pointwise.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "kernels/pointwise.h"

namespace kiln {
namespace {

template <class Op>
class PointwiseNode final : public Node {
 public:
  PointwiseNode(std::vector<Tensor> inputs, Op op) : Node(Op::name, std::move(inputs)), op_(op) {}

  std::vector<Tensor> gradients(const Tensor& dy, const std::vector<bool>& /*needs*/) override {
    if constexpr (std::is_same_v<Op, kernels::Affine>) {
      return {affine(dy, op_.scale, 0)};
    } else {
      return {dy * op_.derivative(input(0), output())};
    }
  }

  void accumulate_gradients(const Tensor& dy, GradSink& sink) override {
    const auto [dx, accumulate] = sink.target(0);
    dispatch(Op::name, dy, [&, &dx = dx, accumulate = accumulate](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::pointwise_backward(stream, op_, dy.data<T>(), input(0).template data<T>(),
                                  output_values().template data<T>(), dx.template data<T>(),
                                  dy.numel(), accumulate);
    });
  }

 private:
  Op op_;
};

}  // namespace

template <class Op>
Tensor pointwise(Op op, const Tensor& x) {
  Tensor y = Tensor::empty(x.shape(), x.device(), x.dtype());
  dispatch(Op::name, x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::pointwise_forward(stream, op, x.data<T>(), y.data<T>(), x.numel());
  });
  // A derivative that is zero everywhere carries no gradient: the graph ends here.
  if constexpr (kernels::is_piecewise_constant<Op>) return y;
  return record<PointwiseNode<Op>>(std::move(y), {x}, op);
}

#define KILN_INSTANTIATE(Op, snake_case_name) template Tensor pointwise(kernels::Op, const Tensor&);
KILN_POINTWISE_OPS(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln
