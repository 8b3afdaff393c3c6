// SPDX-License-Identifier: MIT
#include "engine/ops/rows.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "kernels/rows.h"

namespace kiln {
namespace {

void write_row_sum(const Tensor& x, const Tensor& out, bool accumulate) {
  dispatch("row_sum", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::row_sum(stream, x.data<T>(), x.dim(0), x.dim(1), out.data<T>(), accumulate);
  });
}

void write_columns_of(const Tensor& v, const Tensor& out, bool accumulate) {
  dispatch("broadcast_columns", v, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::broadcast_columns(stream, v.data<T>(), out.dim(0), out.dim(1), out.data<T>(),
                               accumulate);
  });
}

class RowSumNode final : public Node {
 public:
  explicit RowSumNode(std::vector<Tensor> inputs) : Node("row_sum", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {broadcast_columns(grad, input(0).dim(1))};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const auto [dx, accumulate] = sink.target(0);
    write_columns_of(grad, dx, accumulate);
  }
};

class BroadcastColumnsNode final : public Node {
 public:
  explicit BroadcastColumnsNode(std::vector<Tensor> inputs)
      : Node("broadcast_columns", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {row_sum(grad)};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const auto [dv, accumulate] = sink.target(0);
    write_row_sum(grad, dv, accumulate);
  }
};

}  // namespace

Tensor row_sum(const Tensor& x) {
  if (x.rank() != 2) throw Error("[row_sum] shape " + to_string(x.shape()) + " is not (rows,cols)");
  Tensor out = Tensor::empty({x.dim(0)}, x.device(), x.dtype());
  write_row_sum(x, out, false);
  return record<RowSumNode>(std::move(out), {x});
}

Tensor broadcast_columns(const Tensor& v, std::int64_t cols) {
  if (v.rank() != 1) {
    throw Error("[broadcast_columns] shape " + to_string(v.shape()) + " is not (rows)");
  }
  Tensor out = Tensor::empty({v.dim(0), cols}, v.device(), v.dtype());
  write_columns_of(v, out, false);
  return record<BroadcastColumnsNode>(std::move(out), {v});
}

Tensor repeated_rows(const Tensor& x, std::int64_t k) {
  if (x.rank() != 2) {
    throw Error("[repeated_rows] shape " + to_string(x.shape()) + " is not (rows,cols)");
  }
  const std::int64_t n = x.dim(0), cols = x.dim(1);
  return reshape(broadcast_rows(reshape(x, {n * cols}), k), {k * n, cols});
}

}  // namespace kiln
