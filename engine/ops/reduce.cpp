// SPDX-License-Identifier: MIT
#include "engine/ops/reduce.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "kernels/reduce.h"

namespace kiln {
namespace {

void write_rows(const Tensor& v, std::int64_t rows, const Tensor& out, bool accumulate) {
  dispatch("broadcast_rows", v, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::broadcast_rows(stream, v.data<T>(), rows, v.numel(), out.data<T>(), accumulate);
  });
}

// The gradient, one element, is scaled by sum(): it takes the scale in full precision.
class SumNode final : public Node {
 public:
  SumNode(std::vector<Tensor> inputs, double scale)
      : Node("sum", std::move(inputs)), scale_(scale) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {expand(sum(grad, scale_), input(0).shape())};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const NoGradGuard no_grad;
    const auto [dx, accumulate] = sink.target(0);
    write_rows(reshape(sum(grad, scale_), {1}), dx.numel(), dx, accumulate);
  }

 private:
  double scale_;
};

class ExpandNode final : public Node {
 public:
  explicit ExpandNode(std::vector<Tensor> inputs) : Node("expand", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {reshape(sum(grad), input(0).shape())};
  }
};

class ColumnSumNode final : public Node {
 public:
  explicit ColumnSumNode(std::vector<Tensor> inputs) : Node("column_sum", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {broadcast_rows(grad, input(0).dim(0))};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const auto [dx, accumulate] = sink.target(0);
    write_rows(grad, dx.dim(0), dx, accumulate);
  }
};

class BroadcastRowsNode final : public Node {
 public:
  explicit BroadcastRowsNode(std::vector<Tensor> inputs)
      : Node("broadcast_rows", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {column_sum(grad)};
  }
};

class ReshapeNode final : public Node {
 public:
  explicit ReshapeNode(std::vector<Tensor> inputs) : Node("reshape", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {reshape(grad, input(0).shape())};
  }
};

}  // namespace

Tensor sum(const Tensor& x, double scale) {
  Tensor out = Tensor::empty({}, x.device(), x.dtype());
  const Tensor workspace = Tensor::empty({kernels::kSumWorkspace}, x.device(), x.dtype());
  dispatch("sum", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::sum(stream, x.data<T>(), x.numel(), static_cast<T>(scale), out.data<T>(),
                 workspace.data<T>());
  });
  return record<SumNode>(std::move(out), {x}, scale);
}

Tensor mean(const Tensor& x) {
  return sum(x, x.numel() == 0 ? 0 : 1.0 / static_cast<double>(x.numel()));
}

Tensor expand(const Tensor& scalar, const Shape& shape) {
  if (scalar.numel() != 1) {
    throw Error("[expand] shape " + to_string(scalar.shape()) + " is not one element");
  }
  Tensor out = Tensor::empty(shape, scalar.device(), scalar.dtype());
  write_rows(scalar, out.numel(), out, false);
  return record<ExpandNode>(std::move(out), {scalar});
}

Tensor column_sum(const Tensor& x) {
  if (x.rank() != 2)
    throw Error("[column_sum] shape " + to_string(x.shape()) + " is not (rows,cols)");
  Tensor out = Tensor::empty({x.dim(1)}, x.device(), x.dtype());
  dispatch("column_sum", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::column_sum(stream, x.data<T>(), x.dim(0), x.dim(1), out.data<T>(), false);
  });
  return record<ColumnSumNode>(std::move(out), {x});
}

Tensor broadcast_rows(const Tensor& v, std::int64_t rows) {
  if (v.rank() != 1)
    throw Error("[broadcast_rows] shape " + to_string(v.shape()) + " is not (cols)");
  Tensor out = Tensor::empty({rows, v.dim(0)}, v.device(), v.dtype());
  write_rows(v, rows, out, false);
  return record<BroadcastRowsNode>(std::move(out), {v});
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  if (element_count(shape) != x.numel()) {
    throw Error("[reshape] " + to_string(x.shape()) + " does not have the elements of " +
                to_string(shape));
  }
  return record<ReshapeNode>(x.slice(0, shape), {x});
}

}  // namespace kiln
