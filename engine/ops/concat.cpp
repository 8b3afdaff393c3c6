// SPDX-License-Identifier: MIT
#include "engine/ops/concat.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "kernels/copy_columns.h"

namespace kiln {
namespace {

// Columns x_first .. x_first + count - 1 of x to columns out_first ... of out.
void copy(const char* op, const Tensor& x, std::int64_t x_first, const Tensor& out,
          std::int64_t out_first, std::int64_t count, bool accumulate) {
  if (x.dim(0) == 0 || count == 0) return;
  dispatch(op, x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::copy_columns(stream, x.data<T>() + x_first, x.dim(1), out.data<T>() + out_first,
                          out.dim(1), x.dim(0), count, accumulate);
  });
}

class ConcatColumnsNode final : public Node {
 public:
  explicit ConcatColumnsNode(std::vector<Tensor> inputs)
      : Node("concat_columns", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& needs) override {
    std::vector<Tensor> grads(2);
    for (std::size_t i = 0; i < 2; ++i) {
      if (needs[i]) grads[i] = columns(grad, first_of(i), input(i).dim(1));
    }
    return grads;
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    for (std::size_t i = 0; i < 2; ++i) {
      if (!sink.needs(i)) continue;
      const auto [dx, accumulate] = sink.target(i);
      copy("concat_columns", grad, first_of(i), dx, 0, dx.dim(1), accumulate);
    }
  }

 private:
  std::int64_t first_of(std::size_t i) const { return i == 0 ? 0 : input(0).dim(1); }
};

class ColumnsNode final : public Node {
 public:
  ColumnsNode(std::vector<Tensor> inputs, std::int64_t first)
      : Node("columns", std::move(inputs)), first_(first) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {pad_columns(grad, first_, input(0).dim(1))};
  }

 private:
  std::int64_t first_;
};

class PadColumnsNode final : public Node {
 public:
  PadColumnsNode(std::vector<Tensor> inputs, std::int64_t first)
      : Node("pad_columns", std::move(inputs)), first_(first) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {columns(grad, first_, input(0).dim(1))};
  }

 private:
  std::int64_t first_;
};

void require_columns(const char* op, const Tensor& x, std::int64_t cols, std::int64_t first,
                     std::int64_t count) {
  if (x.rank() == 2 && first >= 0 && count >= 0 && first <= cols - count) return;
  throw Error(std::string("[") + op + "] " + std::to_string(count) + " columns from " +
              std::to_string(first) + " on are not in " + std::to_string(cols) + " for " +
              to_string(x.shape()));
}

}  // namespace

Tensor concat_columns(const Tensor& a, const Tensor& b) {
  if (a.rank() != 2 || b.rank() != 2 || a.dim(0) != b.dim(0)) {
    throw Error("[concat_columns] " + to_string(a.shape()) + " and " + to_string(b.shape()) +
                " are not matrices with the same number of rows");
  }
  require_same_kind("concat_columns", a, b);
  Tensor out = Tensor::empty({a.dim(0), a.dim(1) + b.dim(1)}, a.device(), a.dtype());
  copy("concat_columns", a, 0, out, 0, a.dim(1), false);
  copy("concat_columns", b, 0, out, a.dim(1), b.dim(1), false);
  return record<ConcatColumnsNode>(std::move(out), {a, b});
}

Tensor columns(const Tensor& x, std::int64_t first, std::int64_t count) {
  require_columns("columns", x, x.rank() == 2 ? x.dim(1) : 0, first, count);
  Tensor out = Tensor::empty({x.dim(0), count}, x.device(), x.dtype());
  copy("columns", x, first, out, 0, count, false);
  return record<ColumnsNode>(std::move(out), {x}, first);
}

Tensor pad_columns(const Tensor& x, std::int64_t first, std::int64_t total) {
  require_columns("pad_columns", x, total, first, x.rank() == 2 ? x.dim(1) : 0);
  Tensor out = Tensor::zeros({x.dim(0), total}, x.device(), x.dtype());
  copy("pad_columns", x, 0, out, first, x.dim(1), false);
  return record<PadColumnsNode>(std::move(out), {x}, first);
}

void write_columns(const Tensor& x, const Tensor& out, std::int64_t first) {
  write_columns(x, 0, x.rank() == 2 ? x.dim(1) : 0, out, first);
}

void write_columns(const Tensor& x, std::int64_t x_first, std::int64_t count, const Tensor& out,
                   std::int64_t first) {
  require_same_kind("write_columns", x, out);
  if (x.rank() != 2 || out.rank() != 2 || x.dim(0) != out.dim(0)) {
    throw Error("[write_columns] " + to_string(x.shape()) + " and " + to_string(out.shape()) +
                " are not matrices with the same number of rows");
  }
  require_columns("write_columns", x, x.dim(1), x_first, count);
  require_columns("write_columns", x, out.dim(1), first, count);
  copy("write_columns", x, x_first, out, first, count, false);
}

}  // namespace kiln
