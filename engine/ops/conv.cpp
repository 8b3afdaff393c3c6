// SPDX-License-Identifier: MIT
#include "engine/ops/conv.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/channels.h"
#include "engine/precision.h"
#include "kernels/activation_backward.h"
#include "kernels/channels.h"
#include "kernels/conv.h"

namespace kiln {
namespace {

using kernels::ConvShape;

// The three products of kernels/conv.h.
enum class Product { forward, input_gradient, weight_gradient };

Shape result_shape(Product product, const ConvShape& s) {
  switch (product) {
    case Product::forward:
      return {s.batch, s.out_channels, s.out_height(), s.out_width()};
    case Product::input_gradient:
      return {s.batch, s.in_channels, s.in_height, s.in_width};
    case Product::weight_gradient:
      break;
  }
  return {s.out_channels, s.in_channels, s.kernel_height, s.kernel_width};
}

// A product with what can follow it; bias and derivative_at may be undefined.
struct Call {
  Product product;
  Tensor left, right;
  Tensor bias = {}, derivative_at = {};
  Activation activation = {};
};

void run(const ConvShape& shape, const Call& call, const Tensor& result, bool accumulate) {
  dispatch("conv", result, [&](auto stream, auto zero) {
    using T = decltype(zero);
    const auto data = [](const Tensor& t) { return t.defined() ? t.data<T>() : nullptr; };
    kernels::ConvArgs<T> args;
    args.shape = shape;
    args.left = call.left.data<T>();
    args.right = call.right.data<T>();
    args.result = result.data<T>();
    args.bias = data(call.bias);
    args.derivative_at = data(call.derivative_at);
    args.activation = call.activation;
    args.accumulate = accumulate;
    args.precision = matmul_precision();
    switch (call.product) {
      case Product::forward:
        return kernels::conv_forward(stream, args);
      case Product::input_gradient:
        return kernels::conv_input_gradient(stream, args);
      case Product::weight_gradient:
        return kernels::conv_weight_gradient(stream, args);
    }
  });
}

Tensor conv(const ConvShape& shape, const Call& call);

// With z = product(left, right) + bias and y = act(z): dz = dy act'(y), dbias = channel_sum(dz),
// and the gradients of left and right are the other two products.
class ConvNode final : public Node {
 public:
  ConvNode(std::vector<Tensor> inputs, const char* name, const ConvShape& shape, Product product,
           Activation activation)
      : Node(name, std::move(inputs)), shape_(shape), product_(product), activation_(activation) {}

  std::vector<Tensor> gradients(const Tensor& dy, const std::vector<bool>& needs) override {
    Tensor dz = dy;
    if (activation_.kind != ActivationKind::identity) {
      const Tensor y = output();
      dz = dy * kernels::with_activation(activation_, [&](auto op) { return op.derivative(y, y); });
    }
    std::vector<Tensor> grads(inputs().size());
    for (std::size_t i = 0; i < 2; ++i) {
      if (needs[i]) grads[i] = conv(shape_, gradient_of(i, dz));
    }
    if (inputs().size() > 2 && needs[2]) grads[2] = channel_sum(dz);
    return grads;
  }

  void accumulate_gradients(const Tensor& dy, GradSink& sink) override {
    const Tensor dz = before_activation(dy, sink);
    for (std::size_t i = 0; i < 2; ++i) {
      if (!sink.needs(i)) continue;
      Call call = gradient_of(i, dz);
      if (call.product != Product::weight_gradient && sink.take_over_activation(i)) {
        call.activation = kiln::fused_activation(input(i));
        call.derivative_at = input(i);
      }
      const auto [target, accumulate] = sink.target(i);
      run(shape_, call, target, accumulate);
    }
    if (inputs().size() < 3 || !sink.needs(2)) return;
    const auto [db, accumulate] = sink.target(2);
    dispatch(name(), dz, [&, &db = db, accumulate = accumulate](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::channel_sum(stream, dz.data<T>(), dz.dim(0), dz.dim(1), dz.dim(2) * dz.dim(3),
                           db.template data<T>(), accumulate);
    });
  }

  Activation fused_activation() const override { return activation_; }

 private:
  Call gradient_of(std::size_t i, const Tensor& g) const {
    const Tensor &left = input(0), &right = input(1);
    switch (product_) {
      case Product::forward:
        return i == 0 ? Call{Product::input_gradient, g, right}
                      : Call{Product::weight_gradient, left, g};
      case Product::input_gradient:
        return i == 0 ? Call{Product::forward, g, right} : Call{Product::weight_gradient, g, left};
      case Product::weight_gradient:
        break;
    }
    return i == 0 ? Call{Product::input_gradient, right, g} : Call{Product::forward, left, g};
  }

  Tensor before_activation(const Tensor& dy, const GradSink& sink) const {
    if (activation_.kind == ActivationKind::identity || sink.output_is_taken_over()) return dy;
    Tensor dz = Tensor::empty(dy.shape(), dy.device(), dy.dtype());
    dispatch(name(), dy, [&](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::activation_backward(stream, activation_, dy.data<T>(), output_values().data<T>(),
                                   dz.data<T>(), static_cast<T*>(nullptr), 1, dy.numel(), false);
    });
    return dz;
  }

  ConvShape shape_;
  Product product_;
  Activation activation_;
};

const char* name_of(Product product) {
  switch (product) {
    case Product::forward:
      return "conv2d";
    case Product::input_gradient:
      return "conv_transpose2d";
    case Product::weight_gradient:
      break;
  }
  return "conv_weight_gradient";
}

Tensor recorded(const ConvShape& shape, const Call& call, Tensor result) {
  std::vector<Tensor> inputs = {call.left, call.right};
  if (call.bias.defined()) inputs.push_back(call.bias);
  return record<ConvNode>(std::move(result), std::move(inputs), name_of(call.product), shape,
                          call.product, call.activation);
}

Tensor conv(const ConvShape& shape, const Call& call) {
  Tensor result =
      Tensor::empty(result_shape(call.product, shape), call.left.device(), call.left.dtype());
  run(shape, call, result, false);
  return recorded(shape, call, std::move(result));
}

// ---- what a caller may get wrong

[[noreturn]] void fail(Product product, const std::string& why) {
  throw Error(std::string("[") + name_of(product) + "] " + why);
}

// For a transposed convolution the weight's first two dimensions are the other way round.
void check(Product product, const Tensor& x, const Tensor& weight, const Tensor& bias,
           ConvStep step, Activation activation) {
  const std::string shapes = "input " + to_string(x.shape());
  const std::string weight_shape = "weight " + to_string(weight.shape());
  if (x.rank() != 4 || weight.rank() != 4) {
    fail(product, shapes + " and " + weight_shape + " must have four dimensions");
  }
  const bool transposed = product == Product::input_gradient;
  const std::int64_t in = weight.dim(transposed ? 0 : 1), out = weight.dim(transposed ? 1 : 0);
  if (x.dim(1) != in) {
    fail(product, shapes + " does not match " + weight_shape + ": " + std::to_string(x.dim(1)) +
                      " != " + std::to_string(in));
  }
  if (bias.defined() && bias.shape() != Shape{out}) {
    fail(product, "bias " + to_string(bias.shape()) + " does not match " + weight_shape);
  }
  if (weight.dim(2) < 1 || weight.dim(3) < 1) fail(product, weight_shape + " has no elements");
  if (step.stride < 1) {
    fail(product, "stride " + std::to_string(step.stride) + " is not at least 1");
  }
  if (step.padding < 0) {
    fail(product, "padding " + std::to_string(step.padding) + " is not at least 0");
  }
  if (activation.kind == ActivationKind::leaky_relu && !(activation.slope > 0)) {
    fail(product, "leaky_relu needs a slope above 0, got " + std::to_string(activation.slope));
  }
  require_same_kind(name_of(product), x, weight);
  if (bias.defined()) require_same_kind(name_of(product), x, bias);
}

void require_fit(Product product, const Tensor& x, const Tensor& weight, ConvStep step, bool fits) {
  if (fits) return;
  fail(product, "weight " + to_string(weight.shape()) + " does not fit input " +
                    to_string(x.shape()) + " with stride " + std::to_string(step.stride) +
                    " and padding " + std::to_string(step.padding));
}

ConvShape shape_of(std::int64_t batch, const Tensor& weight, std::int64_t in_height,
                   std::int64_t in_width, ConvStep step) {
  return {batch,         weight.dim(1), in_height,   in_width,    weight.dim(0),
          weight.dim(2), weight.dim(3), step.stride, step.padding};
}

// A layer's product, checked.
struct Layer {
  ConvShape shape;
  Call call;
};

Layer forward_layer(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                    Activation activation) {
  check(Product::forward, x, weight, bias, step, activation);
  const ConvShape shape = shape_of(x.dim(0), weight, x.dim(2), x.dim(3), step);
  const std::int64_t padded = 2 * step.padding;
  require_fit(Product::forward, x, weight, step,
              x.dim(2) + padded >= weight.dim(2) && x.dim(3) + padded >= weight.dim(3));
  return {shape, {Product::forward, x, weight, bias, {}, activation}};
}

Layer transposed_layer(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                       Activation activation) {
  check(Product::input_gradient, x, weight, bias, step, activation);
  const auto enlarged = [&](std::size_t side) {
    return (x.dim(side) - 1) * step.stride - 2 * step.padding + weight.dim(side);
  };
  const ConvShape shape = shape_of(x.dim(0), weight, enlarged(2), enlarged(3), step);
  require_fit(Product::input_gradient, x, weight, step,
              x.dim(2) > 0 && x.dim(3) > 0 && shape.in_height > 0 && shape.in_width > 0);
  return {shape, {Product::input_gradient, x, weight, bias, {}, activation}};
}

void check_output(const Layer& layer, const Tensor& y) {
  const auto& [shape, call] = layer;
  require_same_kind(name_of(call.product), call.left, y);
  const Shape expected = result_shape(call.product, shape);
  if (y.shape() == expected) return;
  fail(call.product,
       "output " + to_string(y.shape()) + " is not of the shape " + to_string(expected));
}

void compute(const Layer& layer, const Tensor& y) {
  check_output(layer, y);
  run(layer.shape, layer.call, y, false);
}

Tensor recorded_of(const Layer& layer, const Tensor& y) {
  check_output(layer, y);
  return recorded(layer.shape, layer.call, y.detach());
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
              Activation activation) {
  const Layer layer = forward_layer(x, weight, bias, step, activation);
  return conv(layer.shape, layer.call);
}

void conv2d_into(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                 Activation activation, const Tensor& y) {
  compute(forward_layer(x, weight, bias, step, activation), y);
}

Tensor conv2d_of(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                 Activation activation, const Tensor& y) {
  return recorded_of(forward_layer(x, weight, bias, step, activation), y);
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                        Activation activation) {
  const Layer layer = transposed_layer(x, weight, bias, step, activation);
  return conv(layer.shape, layer.call);
}

void conv_transpose2d_into(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                           Activation activation, const Tensor& y) {
  compute(transposed_layer(x, weight, bias, step, activation), y);
}

Tensor conv_transpose2d_of(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                           Activation activation, const Tensor& y) {
  return recorded_of(transposed_layer(x, weight, bias, step, activation), y);
}

}  // namespace kiln
