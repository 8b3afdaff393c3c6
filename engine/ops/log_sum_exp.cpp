// SPDX-License-Identifier: MIT
#include "engine/ops/log_sum_exp.h"

#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/reduce.h"
#include "kernels/log_sum_exp.h"

namespace kiln {
namespace {

// dx[i,j] = dy[j] * exp(x[i,j] - y[j])
class ColumnLogSumExpNode final : public Node {
 public:
  explicit ColumnLogSumExpNode(std::vector<Tensor> inputs)
      : Node("column_log_sum_exp", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& dy, const std::vector<bool>& /*needs*/) override {
    const Tensor& x = input(0);
    const Tensor weights = exp(x - broadcast_rows(output(), x.dim(0)));
    return {broadcast_rows(dy, x.dim(0)) * weights};
  }
};

}  // namespace

Tensor column_log_sum_exp(const Tensor& x) {
  if (x.rank() != 2 || x.dim(0) < 1) {
    throw Error("[column_log_sum_exp] shape " + to_string(x.shape()) +
                " is not (rows,cols) with a row");
  }
  Tensor y = Tensor::empty({x.dim(1)}, x.device(), x.dtype());
  dispatch("column_log_sum_exp", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::column_log_sum_exp(stream, x.data<T>(), x.dim(0), x.dim(1), y.data<T>());
  });
  return record<ColumnLogSumExpNode>(std::move(y), {x});
}

}  // namespace kiln
