// SPDX-License-Identifier: MIT
#include "engine/ops/arithmetic.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/reduce.h"
#include "kernels/binary.h"

namespace kiln {
namespace {

bool is_scalar_of(const Tensor& a, const Tensor& b) {
  return a.numel() == 1 && a.shape() != b.shape();
}

// d(out)/d(operand) times `grad`, summed where the operand was one element used for all.
Tensor unbroadcast(const Tensor& grad, const Tensor& operand) {
  return grad.shape() == operand.shape() ? grad : reshape(sum(grad), operand.shape());
}

// The gradient rules of out = a op b.
struct Rules {
  static Tensor a(kernels::Add, const Tensor& g, const Tensor&, const Tensor&) { return g; }
  static Tensor b(kernels::Add, const Tensor& g, const Tensor&, const Tensor&) { return g; }
  static Tensor a(kernels::Sub, const Tensor& g, const Tensor&, const Tensor&) { return g; }
  static Tensor b(kernels::Sub, const Tensor& g, const Tensor&, const Tensor&) { return -g; }
  static Tensor a(kernels::Mul, const Tensor& g, const Tensor&, const Tensor& b) { return g * b; }
  static Tensor b(kernels::Mul, const Tensor& g, const Tensor& a, const Tensor&) { return g * a; }
  static Tensor a(kernels::Div, const Tensor& g, const Tensor&, const Tensor& b) { return g / b; }
  static Tensor b(kernels::Div, const Tensor& g, const Tensor& a, const Tensor& b) {
    return -(g * a / (b * b));
  }
};

template <class Op>
class BinaryNode final : public Node {
 public:
  explicit BinaryNode(std::vector<Tensor> inputs) : Node(Op::name, std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& needs) override {
    const Tensor& a = input(0);
    const Tensor& b = input(1);
    std::vector<Tensor> grads(2);
    if (needs[0]) grads[0] = unbroadcast(Rules::a(Op{}, grad, a, b), a);
    if (needs[1]) grads[1] = unbroadcast(Rules::b(Op{}, grad, a, b), b);
    return grads;
  }
};

template <class Op>
Tensor apply(Op op, const Tensor& a, const Tensor& b) {
  const bool a_is_scalar = is_scalar_of(a, b);
  const bool b_is_scalar = !a_is_scalar && is_scalar_of(b, a);
  if (!a_is_scalar && !b_is_scalar && a.shape() != b.shape()) {
    throw Error(std::string("[") + Op::name + "] shapes " + to_string(a.shape()) + " and " +
                to_string(b.shape()) + " do not match");
  }
  require_same_kind(Op::name, a, b);
  Tensor out = Tensor::empty(a_is_scalar ? b.shape() : a.shape(), a.device(), a.dtype());
  dispatch(Op::name, a, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::binary(stream, op, kernels::Operand<T>{a.data<T>(), a_is_scalar},
                    kernels::Operand<T>{b.data<T>(), b_is_scalar}, out.data<T>(), out.numel(),
                    false);
  });
  return record<BinaryNode<Op>>(std::move(out), {a, b});
}

}  // namespace

Tensor operator+(const Tensor& a, const Tensor& b) { return apply(kernels::Add{}, a, b); }
Tensor operator-(const Tensor& a, const Tensor& b) { return apply(kernels::Sub{}, a, b); }
Tensor operator*(const Tensor& a, const Tensor& b) { return apply(kernels::Mul{}, a, b); }
Tensor operator/(const Tensor& a, const Tensor& b) { return apply(kernels::Div{}, a, b); }

}  // namespace kiln
