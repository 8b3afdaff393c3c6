// SPDX-License-Identifier: MIT
#include "engine/ops/embedding.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/matmul.h"
#include "engine/ops/one_hot.h"
#include "kernels/embedding.h"

namespace kiln {
namespace {

// With the labels as one-hot rows L, out = L weight, and the gradient L^T dout.
class EmbeddingNode final : public Node {
 public:
  EmbeddingNode(std::vector<Tensor> inputs, Tensor labels)
      : Node("embedding", std::move(inputs)), labels_(std::move(labels)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {matmul(one_hot(labels_, input(0).dim(0), grad.dtype()), grad, true, false)};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const auto [dweight, accumulate] = sink.target(0);
    dispatch("embedding", grad,
             [&, &dw = dweight, accumulate = accumulate](auto stream, auto zero) {
               using T = decltype(zero);
               kernels::embedding_backward(stream, grad.data<T>(), labels_.data<std::int32_t>(),
                                           labels_.dim(0), dw.template data<T>(), dw.dim(0),
                                           dw.dim(1), accumulate);
             });
  }

 private:
  Tensor labels_;
};

}  // namespace

Tensor embedding(const Tensor& weight, const Tensor& labels) {
  if (weight.rank() != 2 || labels.rank() != 1 || labels.dtype() != DType::int32) {
    throw Error("[embedding] weight " + to_string(weight.shape()) + " and labels " +
                to_string(labels.shape()) + " of " + name_of(labels.dtype()) +
                " are not a matrix and (n) of int32");
  }
  if (!(weight.device() == labels.device())) {
    throw Error(std::string("[embedding] the weight is on ") + weight.device().name() +
                ", the labels on " + labels.device().name());
  }
  Tensor out = Tensor::empty({labels.dim(0), weight.dim(1)}, weight.device(), weight.dtype());
  dispatch("embedding", weight, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::embedding_forward(stream, weight.data<T>(), weight.dim(0), weight.dim(1),
                               labels.data<std::int32_t>(), labels.dim(0), out.data<T>());
  });
  return record<EmbeddingNode>(std::move(out), {weight}, labels);
}

}  // namespace kiln
