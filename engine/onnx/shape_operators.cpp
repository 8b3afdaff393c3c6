// SPDX-License-Identifier: MIT
#include <algorithm>
#include <numeric>
#include <set>

#include "engine/onnx/broadcast.h"
#include "engine/onnx/operator_groups.h"
#include "engine/ops/concat.h"
#include "engine/ops/reduce.h"

namespace kiln::onnx {
namespace {

// The numbers of an attribute, or, from some version on, of the second input. None: left out.
using Numbers = std::function<std::vector<std::int64_t>(const Tensors&)>;

Numbers attribute_or_input(OperatorContext& context, const char* name, std::int64_t since) {
  if (context.opset >= since) {
    return [](const Tensors& in) {
      return in.size() > 1 && in[1].defined() ? integers_of(in[1]) : std::vector<std::int64_t>();
    };
  }
  return [values = context.attributes.integers(name, {})](const Tensors& in) {
    if (in.size() > 1) throw Error("the second input belongs to a later version");
    return values;
  };
}

Operator flatten_operator(OperatorContext& context) {
  const std::int64_t axis = context.attributes.integer("axis", 1);
  return [axis](const Tensors& in) {
    const Shape& shape = in[0].shape();
    const std::size_t first = axis_of(axis, shape.size(), true);
    return Tensors{reshape(in[0], {count_before(shape, first), count_from(shape, first)})};
  };
}

// 0 keeps a size of the input, -1 is what is left over.
Shape reshaped(const Shape& from, Shape to, bool zero_is_zero) {
  std::int64_t* open = nullptr;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 0 && !zero_is_zero) {
      if (i >= from.size()) throw Error("size 0 stands where the input has no axis");
      to[i] = from[i];
    } else if (to[i] == -1) {
      if (open != nullptr) throw Error("two sizes are -1");
      open = &to[i];
    } else if (to[i] < 0) {
      throw Error("size " + std::to_string(to[i]) + " is negative");
    }
  }
  const std::int64_t count = element_count(from);
  if (open != nullptr) {
    *open = 1;
    const std::int64_t rest = element_count(to);
    *open = rest == 0 ? 0 : count / rest;
  }
  if (element_count(to) != count) {
    throw Error(to_string(from) + " cannot be given the shape " + to_string(to));
  }
  return to;
}

Operator reshape_operator(OperatorContext& context) {
  const bool zero_is_zero = context.attributes.integer("allowzero", 0) != 0;
  return [zero_is_zero](const Tensors& in) {
    return Tensors{reshape(in[0], reshaped(in[0].shape(), integers_of(in[1]), zero_is_zero))};
  };
}

std::set<std::size_t> axes_of(const std::vector<std::int64_t>& axes, std::size_t rank) {
  std::set<std::size_t> result;
  for (const std::int64_t axis : axes) {
    if (!result.insert(axis_of(axis, rank)).second) {
      throw Error("axis " + std::to_string(axis) + " is there twice");
    }
  }
  return result;
}

Operator squeeze_operator(OperatorContext& context) {
  return [axes = attribute_or_input(context, "axes", 13)](const Tensors& in) {
    const Shape& from = in[0].shape();
    const std::set<std::size_t> removed = axes_of(axes(in), from.size());
    Shape shape;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const bool goes = removed.empty() ? from[i] == 1 : removed.count(i) != 0;
      if (!goes) shape.push_back(from[i]);
    }
    return Tensors{reshape(in[0], shape)};
  };
}

Operator unsqueeze_operator(OperatorContext& context) {
  return [axes = attribute_or_input(context, "axes", 13)](const Tensors& in) {
    const std::vector<std::int64_t> given = axes(in);
    const std::set<std::size_t> added = axes_of(given, in[0].rank() + given.size());
    Shape shape = in[0].shape();
    for (const std::size_t axis : added) {
      shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    }
    return Tensors{reshape(in[0], shape)};
  };
}

// As matrices whose rows are what lies before the axis, tensors are put side by side.
Operator concat_operator(OperatorContext& context) {
  if (!context.attributes.contains("axis")) throw Error("attribute 'axis' is missing");
  return [given = context.attributes.integer("axis", 0)](const Tensors& in) {
    const std::size_t axis = axis_of(given, in[0].rank());
    Shape shape = in[0].shape();
    shape[axis] = 0;
    for (const Tensor& x : in) {
      Shape expected = shape;
      expected[axis] = x.rank() == shape.size() ? x.dim(axis) : -1;
      if (x.shape() != expected) {
        throw Error("shapes " + to_string(in[0].shape()) + " and " + to_string(x.shape()) +
                    " differ in more than axis " + std::to_string(axis));
      }
    }
    for (const Tensor& x : in) shape[axis] += x.dim(axis);
    require_moderate(shape);
    const std::int64_t rows = count_before(shape, axis);
    Tensor out = Tensor::empty({rows, count_from(shape, axis)}, in[0].device(), in[0].dtype());
    std::int64_t first = 0;
    for (const Tensor& x : in) {
      const std::int64_t cols = count_from(x.shape(), axis);
      write_columns(reshape(x, {rows, cols}), out, first);
      first += cols;
    }
    return Tensors{reshape(out, shape)};
  };
}

// Without sizes, all parts are equal but for the last, which may be smaller.
std::vector<std::int64_t> equal_parts(std::int64_t size, std::size_t count) {
  const auto parts = static_cast<std::int64_t>(count);
  const std::int64_t part = (size + parts - 1) / parts;
  std::vector<std::int64_t> sizes(count, part);
  sizes.back() = size - part * (parts - 1);
  return sizes;
}

Operator split_operator(OperatorContext& context) {
  const std::int64_t given = context.attributes.integer("axis", 0);
  if (context.opset >= 18) context.attributes.ignore("num_outputs");  // as many as are named
  return [=, count = context.num_outputs,
          sizes_of = attribute_or_input(context, "split", 13)](const Tensors& in) {
    const Tensor& x = in[0];
    const std::size_t axis = axis_of(given, x.rank());
    std::vector<std::int64_t> sizes = sizes_of(in);
    if (sizes.empty()) sizes = equal_parts(x.dim(axis), count);
    std::int64_t left = x.dim(axis);
    for (const std::int64_t size : sizes) left -= size >= 0 && size <= left ? size : left + 1;
    if (left != 0 || sizes.size() != count) {
      throw Error("sizes " + to_string(Shape(sizes)) + " do not split " + to_string(x.shape()) +
                  " into " + std::to_string(count));
    }
    const std::int64_t rows = count_before(x.shape(), axis);
    const std::int64_t behind = count_from(x.shape(), axis + 1);
    const Tensor matrix = reshape(x, {rows, count_from(x.shape(), axis)});
    Tensors parts;
    std::int64_t first = 0;
    for (const std::int64_t size : sizes) {
      Shape shape = x.shape();
      shape[axis] = size;
      parts.push_back(reshape(columns(matrix, first * behind, size * behind), shape));
      first += size;
    }
    return parts;
  };
}

Operator transpose_operator(OperatorContext& context) {
  return [perm = context.attributes.integers("perm", {})](const Tensors& in) {
    const std::size_t rank = in[0].rank();
    std::vector<std::size_t> order(rank);
    for (std::size_t i = 0; i < rank; ++i) order[i] = rank - 1 - i;
    if (!perm.empty()) {
      if (perm.size() != rank || axes_of(perm, rank).size() != rank) {
        throw Error("perm " + to_string(Shape(perm)) + " is no order of the axes of " +
                    to_string(in[0].shape()));
      }
      for (std::size_t i = 0; i < rank; ++i) order[i] = axis_of(perm[i], rank);
    }
    return Tensors{transposed(in[0], order)};
  };
}

Operator constant_operator(OperatorContext& context) {
  Attributes& attributes = context.attributes;
  Constant constant;
  if (attributes.contains("value_float")) {
    constant.floats = {attributes.number("value_float", 0)};
  } else if (attributes.contains("value_floats")) {
    constant.floats = attributes.numbers("value_floats");
    constant.shape = {static_cast<std::int64_t>(constant.floats.size())};
  } else if (attributes.contains("value_int")) {
    constant.type = DataType::int64;
    constant.ints = {attributes.integer("value_int", 0)};
  } else if (attributes.contains("value_ints")) {
    constant.type = DataType::int64;
    constant.ints = attributes.integers("value_ints", {});
    constant.shape = {static_cast<std::int64_t>(constant.ints.size())};
  } else {
    constant = attributes.tensor("value");
  }
  return [tensor = tensor_of(constant, context.device)](const Tensors&) { return Tensors{tensor}; };
}

}  // namespace

Tensor transposed(const Tensor& x, const std::vector<std::size_t>& order) {
  const std::size_t rank = x.rank();
  Shape shape;
  std::vector<std::size_t> steps;  // in x, for one step along each axis of the result
  for (const std::size_t axis : order) {
    shape.push_back(x.dim(axis));
    steps.push_back(static_cast<std::size_t>(count_from(x.shape(), axis + 1)));
  }
  const std::vector<float> from = x.to_host<float>();
  std::vector<float> to(from.size());
  Shape index(rank, 0);
  std::size_t place = 0;
  for (float& value : to) {
    value = from[place];
    for (std::size_t axis = rank; axis-- > 0;) {  // the next index, as an odometer counts
      place += steps[axis];
      if (++index[axis] < shape[axis]) break;
      place -= steps[axis] * static_cast<std::size_t>(shape[axis]);
      index[axis] = 0;
    }
  }
  return Tensor::from_host(to, shape, x.device());
}

OperatorGroup shape_operators() {
  return {{"Concat", {1, kAnyNumber, 1, concat_operator}},
          {"Constant", {0, 0, 1, constant_operator}},
          {"Flatten", {1, 1, 1, flatten_operator}},
          {"Reshape", {2, 2, 1, reshape_operator}},
          {"Split", {1, 2, kAnyNumber, split_operator}},
          {"Squeeze", {1, 2, 1, squeeze_operator}},
          {"Transpose", {1, 1, 1, transpose_operator}},
          {"Unsqueeze", {1, 2, 1, unsqueeze_operator}}};
}

}  // namespace kiln::onnx
