// SPDX-License-Identifier: MIT
// Convolutions, normalisation, dropout and labels.
#include <algorithm>
#include <cmath>

#include "engine/onnx/broadcast.h"
#include "engine/onnx/operator_groups.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/conv.h"
#include "engine/ops/one_hot.h"
#include "engine/ops/pointwise.h"

namespace kiln::onnx {
namespace {

// The one number that a list repeats, as Kiln's convolutions have it.
std::int64_t same_number(Attributes& attributes, const std::string& name, std::int64_t or_else,
                         std::size_t count) {
  const std::vector<std::int64_t> numbers =
      attributes.integers(name, std::vector<std::int64_t>(count, or_else));
  const bool same = std::all_of(numbers.begin(), numbers.end(),
                                [&](std::int64_t number) { return number == numbers[0]; });
  if (numbers.size() != count || !same) {
    throw Error("attribute '" + name + "' " + to_string(Shape(numbers)) + " is not one number " +
                std::to_string(count) + " times");
  }
  return numbers[0];
}

void require_attribute(Attributes& attributes, const std::string& name, std::int64_t value) {
  const std::int64_t given = attributes.integer(name, value);
  if (given == value) return;
  throw Error("attribute '" + name + "' is " + std::to_string(given) + "; only " +
              std::to_string(value) + " is supported");
}

// Up to version 6 of the operator set, what is not marked so is for training.
void require_inference(OperatorContext& context) {
  if (context.opset >= 7) return;
  if (context.attributes.integer("is_test", 0) == 0) throw Error("training is not supported");
}

ConvStep conv_step(Attributes& attributes) {
  const std::string auto_pad = attributes.text("auto_pad", "NOTSET");
  if (auto_pad != "NOTSET" && auto_pad != "VALID") {
    throw Error("attribute 'auto_pad' is not supported, but for NOTSET and VALID");
  }
  require_attribute(attributes, "group", 1);
  if (same_number(attributes, "dilations", 1, 2) != 1) throw Error("dilations are not supported");
  const ConvStep step = {same_number(attributes, "strides", 1, 2),
                         same_number(attributes, "pads", 0, 4)};
  constexpr std::int64_t kLimit = 1 << 16;
  if (step.stride < 1 || step.padding < 0 || step.stride > kLimit || step.padding > kLimit) {
    throw Error("strides are not from 1 to 65536, or pads not from 0 to 65536");
  }
  return step;
}

void check_kernel(const Tensor& x, const Tensor& weight, const std::vector<std::int64_t>& kernel) {
  if (x.rank() != 4 || weight.rank() != 4) {
    throw Error("input " + to_string(x.shape()) + " or weight " + to_string(weight.shape()) +
                " is not of images (batch, channels, height, width)");
  }
  if (!kernel.empty() && kernel != Shape{weight.dim(2), weight.dim(3)}) {
    throw Error("attribute 'kernel_shape' " + to_string(Shape(kernel)) +
                " is not that of the weight " + to_string(weight.shape()));
  }
}

// What a convolution makes of x, as far as its size goes.
Shape output_shape(const Tensor& x, const Tensor& weight, ConvStep step, bool enlarges) {
  Shape shape = {x.dim(0), weight.dim(enlarges ? 1 : 0)};
  for (const std::size_t axis : {2u, 3u}) {
    const std::int64_t size = x.dim(axis), kernel = weight.dim(axis), pads = 2 * step.padding;
    const std::int64_t made = enlarges ? (size - 1) * step.stride - pads + kernel
                                       : (size + pads - kernel) / step.stride + 1;
    shape.push_back(std::max<std::int64_t>(made, 0));
  }
  return shape;
}

Operator convolution(OperatorContext& context, bool enlarges) {
  const ConvStep step = conv_step(context.attributes);
  const std::vector<std::int64_t> kernel = context.attributes.integers("kernel_shape", {});
  return [=](const Tensors& in) {
    check_kernel(in[0], in[1], kernel);
    require_moderate(output_shape(in[0], in[1], step, enlarges));
    const Tensor bias = in.size() > 2 ? in[2] : Tensor();
    return Tensors{enlarges ? conv_transpose2d(in[0], in[1], bias, step)
                            : conv2d(in[0], in[1], bias, step)};
  };
}

Operator conv_operator(OperatorContext& context) { return convolution(context, false); }

Operator conv_transpose_operator(OperatorContext& context) {
  if (same_number(context.attributes, "output_padding", 0, 2) != 0) {
    throw Error("output_padding is not supported");
  }
  return convolution(context, true);
}

Operator batch_norm_operator(OperatorContext& context) {
  require_inference(context);
  require_attribute(context.attributes, "training_mode", 0);
  require_attribute(context.attributes, "spatial", 1);
  context.attributes.ignore("momentum");
  const BatchNormSettings settings = {.training = false,
                                      .epsilon = context.attributes.number("epsilon", 1e-5f)};
  return [settings](const Tensors& in) {
    return Tensors{batch_norm(in[0], in[1], in[2], in[3], in[4], settings)};
  };
}

Operator dropout_operator(OperatorContext& context) {
  require_inference(context);
  context.attributes.ignore("ratio");
  context.attributes.ignore("seed");
  return [](const Tensors& in) {
    if (in.size() > 2 && in[2].defined()) throw Error("training_mode is not supported");
    return Tensors{in[0]};
  };
}

// Where the largest number along an axis is; NaN counts as larger than any. Through the host: such
// a step is for labels.
Operator arg_max_operator(OperatorContext& context) {
  const std::int64_t axis = context.attributes.integer("axis", 0);
  const bool keeps_axis = context.attributes.integer("keepdims", 1) != 0;
  const bool takes_last = context.attributes.integer("select_last_index", 0) != 0;
  return [=](const Tensors& in) {
    Shape shape = in[0].shape();
    const std::size_t place = axis_of(axis, shape.size());
    const std::int64_t count = shape[place], inner = count_from(shape, place + 1);
    if (count == 0) throw Error("of no numbers none is the largest");
    const std::vector<float> x = in[0].to_host<float>();
    std::vector<std::int32_t> largest(static_cast<std::size_t>(count_before(shape, place) * inner));
    for (std::size_t i = 0; i < largest.size(); ++i) {
      const std::int64_t outer = static_cast<std::int64_t>(i) / inner;
      const auto at = [&](std::int64_t k) {
        return x[static_cast<std::size_t>(outer * (count - 1) * inner + k * inner) + i];
      };
      std::int64_t best = 0;
      for (std::int64_t k = 1; k < count && !std::isnan(at(best)); ++k) {
        if (!(at(k) <= at(best)) || (takes_last && at(k) == at(best))) best = k;
      }
      largest[i] = static_cast<std::int32_t>(best);
    }
    if (keeps_axis) {
      shape[place] = 1;
    } else {
      shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(place));
    }
    return Tensors{Tensor::from_host(largest, shape, in[0].device())};
  };
}

// Labels (n), a number of classes, the values off and on -> (n, classes). A label outside
// [0, classes) gives a row of `off`; ONNX would count a negative one from the end.
Operator one_hot_operator(OperatorContext& context) {
  const std::int64_t axis = context.attributes.integer("axis", -1);
  return [axis](const Tensors& in) {
    const std::vector<std::int64_t> depth = integers_of(in[1]);
    if (in[0].rank() != 1 || axis_of(axis, 2) != 1 || depth.size() != 1) {
      throw Error("only a vector of labels along the last axis is supported");
    }
    require_moderate({in[0].dim(0), depth[0]});
    if (in[2].shape() != Shape{2}) throw Error("the values are not two");
    const std::vector<float> values = in[2].to_host<float>();
    const Tensor ones = one_hot(in[0].to(in[2].device()), depth[0]);
    return Tensors{affine(ones, values[1] - values[0], values[0])};
  };
}

}  // namespace

OperatorGroup layer_operators() {
  return {{"ArgMax", {1, 1, 1, arg_max_operator}},
          {"BatchNormalization", {5, 5, 1, batch_norm_operator}},
          {"Conv", {2, 3, 1, conv_operator}},
          {"ConvTranspose", {2, 3, 1, conv_transpose_operator}},
          {"Dropout", {1, 3, 1, dropout_operator}},
          {"OneHot", {3, 3, 1, one_hot_operator}}};
}

}  // namespace kiln::onnx
