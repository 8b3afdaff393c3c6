// SPDX-License-Identifier: MIT
#include "engine/ops/softmax.h"

#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/matmul.h"
#include "kernels/softmax.h"

namespace kiln {
namespace {

// dx = y * (dy - rowsum(dy * y)), with the row sums repeated over the row by a matrix of ones.
class SoftmaxNode final : public Node {
 public:
  explicit SoftmaxNode(std::vector<Tensor> inputs) : Node("softmax", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& dy, const std::vector<bool>& /*needs*/) override {
    const Tensor y = output();
    const std::int64_t classes = y.dim(1);
    const Tensor ones = Tensor::full({classes, classes}, 1, y.device(), y.dtype());
    return {y * (dy - matmul(dy * y, ones))};
  }
};

}  // namespace

Tensor softmax(const Tensor& x) {
  if (x.rank() != 2 || x.dim(1) < 1) {
    throw Error("[softmax] shape " + to_string(x.shape()) + " is not (rows,classes)");
  }
  Tensor y = Tensor::empty(x.shape(), x.device(), x.dtype());
  dispatch("softmax", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::softmax(stream, x.data<T>(), x.dim(0), x.dim(1), y.data<T>());
  });
  return record<SoftmaxNode>(std::move(y), {x});
}

}  // namespace kiln
