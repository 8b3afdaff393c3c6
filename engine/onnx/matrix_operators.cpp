// SPDX-License-Identifier: MIT
#include <numeric>

#include "engine/onnx/broadcast.h"
#include "engine/onnx/operator_groups.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/linear.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"

namespace kiln::onnx {
namespace {

// alpha op(a) op(b) + beta c, where op transposes if asked: torch.nn.Linear is one kernel.
Operator gemm_operator(OperatorContext& context) {
  const float alpha = context.attributes.number("alpha", 1);
  const float beta = context.attributes.number("beta", 1);
  const bool transpose_a = context.attributes.integer("transA", 0) != 0;
  const bool transpose_b = context.attributes.integer("transB", 0) != 0;
  if (context.opset < 7) context.attributes.ignore("broadcast");  // of c: later versions always do
  const bool is_linear = alpha == 1 && beta == 1 && !transpose_a && transpose_b;
  return [=](const Tensors& in) {
    const bool has_c = in.size() > 2 && in[2].defined();
    if (is_linear && has_c && in[1].rank() == 2 && in[2].shape() == Shape{in[1].dim(0)}) {
      return Tensors{linear(in[0], in[1], in[2])};
    }
    if (in[0].rank() == 2 && in[1].rank() == 2) {
      require_moderate({in[0].dim(transpose_a ? 1 : 0), in[1].dim(transpose_b ? 0 : 1)});
    }
    Tensor y = matmul(in[0], in[1], transpose_a, transpose_b);
    if (alpha != 1) y = y * alpha;
    if (has_c && beta != 0) y = y + broadcast_to(in[2], y.shape()) * beta;
    return Tensors{y};
  };
}

// As numpy.matmul: a vector is a row on the left and a column on the right, and leading axes are a
// batch of matrices.
Tensor matmul_of(Tensor a, Tensor b) {
  if (a.rank() == 0 || b.rank() == 0) throw Error("an input is a single number");
  const bool a_is_vector = a.rank() == 1, b_is_vector = b.rank() == 1;
  if (a_is_vector) a = reshape(a, {1, a.dim(0)});
  if (b_is_vector) b = reshape(b, {b.dim(0), 1});
  const std::int64_t rows = a.dim(a.rank() - 2), inner = a.dim(a.rank() - 1),
                     cols = b.dim(b.rank() - 1);
  const Shape a_batch(a.shape().begin(), a.shape().end() - 2);
  const Shape b_batch(b.shape().begin(), b.shape().end() - 2);
  Shape batch = broadcast_shape(a_batch, b_batch);
  require_moderate({element_count(batch), rows, cols});
  Tensor y;
  if (b_batch.empty()) {  // all rows at once
    y = matmul(reshape(a, {element_count(a_batch) * rows, inner}), b);
  } else {
    const auto batched = [&](const Tensor& x) {
      Shape shape = batch;
      shape.insert(shape.end(), x.shape().end() - 2, x.shape().end());
      return broadcast_to(x, shape);
    };
    a = batched(a);
    b = batched(b);
    const std::int64_t count = element_count(batch), b_rows = b.dim(b.rank() - 2);
    y = Tensor::empty({count, rows, cols}, a.device(), a.dtype());
    for (std::int64_t i = 0; i < count; ++i) {
      y.slice(i * rows * cols, {rows, cols})
          .copy_from(matmul(a.slice(i * rows * inner, {rows, inner}),
                            b.slice(i * b_rows * cols, {b_rows, cols})));
    }
  }
  Shape shape = batch;
  if (!a_is_vector) shape.push_back(rows);
  if (!b_is_vector) shape.push_back(cols);
  return reshape(y, shape);
}

// Up to version 11 over all axes from `axis` on, then over `axis` alone.
Operator softmax_operator(OperatorContext& context) {
  const bool over_one_axis = context.opset >= 13;
  const std::int64_t given = context.attributes.integer("axis", over_one_axis ? -1 : 1);
  return [=](const Tensors& in) {
    const Tensor& x = in[0];
    const std::size_t axis = axis_of(given, x.rank());
    const bool is_last = axis + 1 == x.rank();
    if (!over_one_axis || is_last) {
      const Shape rows = {count_before(x.shape(), axis), count_from(x.shape(), axis)};
      return Tensors{reshape(softmax(reshape(x, rows)), x.shape())};
    }
    std::vector<std::size_t> order(x.rank());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::swap(order[axis], order.back());
    const Tensor last = transposed(x, order);
    const Shape rows = {count_before(last.shape(), x.rank() - 1), x.dim(axis)};
    return Tensors{transposed(reshape(softmax(reshape(last, rows)), last.shape()), order)};
  };
}

}  // namespace

OperatorGroup matrix_operators() {
  const auto matmul_operator = [](OperatorContext&) {
    return [](const Tensors& in) { return Tensors{matmul_of(in[0], in[1])}; };
  };
  return {{"Gemm", {2, 3, 1, gemm_operator}},
          {"MatMul", {2, 2, 1, matmul_operator}},
          {"Softmax", {1, 1, 1, softmax_operator}}};
}

}  // namespace kiln::onnx
