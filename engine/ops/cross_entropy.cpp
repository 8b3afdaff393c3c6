// SPDX-License-Identifier: MIT
#include "engine/ops/cross_entropy.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/ones.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"
#include "kernels/cross_entropy.h"

namespace kiln {
namespace {

// The forward pass has made the gradient already, for an outer gradient of 1.
class CrossEntropyNode final : public Node {
 public:
  CrossEntropyNode(std::vector<Tensor> inputs, double scale, Tensor ready_gradient)
      : Node("cross_entropy", std::move(inputs)),
        scale_(scale),
        ready_gradient_(std::move(ready_gradient)) {}

  // scale (softmax(x) - one_hot(labels)) is known as a value; its derivative is softmax's alone, so
  // a difference that is zero carries it.
  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    const Tensor y = softmax(input(0));
    return {grad * ready_gradient_ + sum(grad, scale_) * (y - y.detach())};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const NoGradGuard no_grad;
    sink.add(0, is_one(grad) ? ready_gradient_ : grad * ready_gradient_);
  }

 private:
  double scale_;
  Tensor ready_gradient_;
};

void check(const Tensor& logits, const Tensor& labels) {
  if (logits.rank() != 2 || logits.dim(1) < 1 || labels.shape() != Shape{logits.dim(0)}) {
    throw Error("[cross_entropy] logits " + to_string(logits.shape()) + " and labels " +
                to_string(labels.shape()) + " are not (rows,classes) and (rows)");
  }
  if (labels.dtype() != DType::int32 || !(labels.device() == logits.device())) {
    throw Error(std::string("[cross_entropy] labels are ") + name_of(labels.dtype()) + " on " +
                labels.device().name() + ", not int32 on " + logits.device().name());
  }
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& labels) {
  check(logits, labels);
  const std::int64_t rows = logits.dim(0);
  const double scale = rows == 0 ? 0 : 1.0 / static_cast<double>(rows);
  Tensor out = Tensor::empty({}, logits.device(), logits.dtype());
  const Tensor workspace = Tensor::empty({kernels::kSumWorkspace}, logits.device(), logits.dtype());
  Tensor gradient;
  if (needs_graph({logits})) {
    gradient = Tensor::empty(logits.shape(), logits.device(), logits.dtype());
  }
  dispatch("cross_entropy", logits, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::CrossEntropyArgs<T> args;
    args.x = logits.data<T>();
    args.labels = labels.data<std::int32_t>();
    args.rows = rows;
    args.classes = logits.dim(1);
    args.scale = static_cast<T>(scale);
    args.dx = gradient.defined() ? gradient.data<T>() : nullptr;
    kernels::cross_entropy(stream, args, out.data<T>(), workspace.data<T>());
  });
  return record<CrossEntropyNode>(std::move(out), {logits}, scale, std::move(gradient));
}

}  // namespace kiln
