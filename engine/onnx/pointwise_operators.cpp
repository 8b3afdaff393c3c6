// SPDX-License-Identifier: MIT
#include <limits>

#include "engine/onnx/broadcast.h"
#include "engine/onnx/operator_groups.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reduce.h"

namespace kiln::onnx {
namespace {

using Unary = Tensor (*)(const Tensor&);

OperatorDeclaration unary(Unary f) {
  return {1, 1, 1,
          [f](OperatorContext&) { return [f](const Tensors& in) { return Tensors{f(in[0])}; }; }};
}

template <class Op>
OperatorDeclaration binary(Op op) {
  return {2, 2, 1, [op](OperatorContext& context) {
            // Without the axis that went with it, it asks for what later versions always do.
            if (context.opset < 7) context.attributes.ignore("broadcast");
            return [op](const Tensors& in) {
              const Shape shape = broadcast_shape(in[0].shape(), in[1].shape());
              const auto sized = [&](const Tensor& x) {  // one element serves for all as it is
                return x.numel() == 1 ? x : broadcast_to(x, shape);
              };
              const Tensor y = op(sized(in[0]), sized(in[1]));
              return Tensors{y.shape() == shape ? y : reshape(y, shape)};
            };
          }};
}

// x where x >= 0, else alpha x: for any alpha.
Operator leaky_relu_operator(OperatorContext& context) {
  const float alpha = context.attributes.number("alpha", 0.01f);
  return [alpha](const Tensors& in) {
    if (alpha > 0) return Tensors{leaky_relu(in[0], alpha)};
    return Tensors{relu(in[0]) - relu(-in[0]) * alpha};
  };
}

Tensor clamped(const Tensor& x, double least, double most) {
  Tensor y = x;
  if (least > std::numeric_limits<float>::lowest()) y = clamp_min(y, least);
  if (most < std::numeric_limits<float>::max()) y = -clamp_min(-y, -most);
  return y;
}

// The bounds are attributes up to version 6 of the operator, then inputs.
Operator clip_operator(OperatorContext& context) {
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  constexpr float kHighest = std::numeric_limits<float>::max();
  float least = kLowest, most = kHighest;
  if (context.opset < 11) {
    least = context.attributes.number("min", kLowest);
    most = context.attributes.number("max", kHighest);
  }
  return [=](const Tensors& in) {
    const auto bound = [&](std::size_t i, float or_else) {
      return i < in.size() && in[i].defined() ? in[i].item() : static_cast<double>(or_else);
    };
    return Tensors{clamped(in[0], bound(1, least), bound(2, most))};
  };
}

}  // namespace

OperatorGroup pointwise_operators() {
  return {
      {"Abs", unary([](const Tensor& x) { return abs(x); })},
      {"Exp", unary([](const Tensor& x) { return exp(x); })},
      {"Identity", unary([](const Tensor& x) { return x; })},
      {"Log", unary([](const Tensor& x) { return log(x); })},
      {"Neg", unary([](const Tensor& x) { return -x; })},
      {"Relu", unary([](const Tensor& x) { return relu(x); })},
      {"Sigmoid", unary([](const Tensor& x) { return sigmoid(x); })},
      {"Softplus", unary([](const Tensor& x) { return softplus(x); })},
      {"Sqrt", unary([](const Tensor& x) { return sqrt(x); })},
      {"Tanh", unary([](const Tensor& x) { return tanh(x); })},
      {"Add", binary([](const Tensor& a, const Tensor& b) { return a + b; })},
      {"Sub", binary([](const Tensor& a, const Tensor& b) { return a - b; })},
      {"Mul", binary([](const Tensor& a, const Tensor& b) { return a * b; })},
      {"Div", binary([](const Tensor& a, const Tensor& b) { return a / b; })},
      {"LeakyRelu", {1, 1, 1, leaky_relu_operator}},
      {"Clip", {1, 3, 1, clip_operator}},
  };
}

}  // namespace kiln::onnx
