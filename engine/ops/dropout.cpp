// SPDX-License-Identifier: MIT
#include "engine/ops/dropout.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/rng.h"
#include "kernels/binary.h"
#include "kernels/dropout.h"

namespace kiln {
namespace {

class DropoutNode final : public Node {
 public:
  DropoutNode(std::vector<Tensor> inputs, Tensor mask)
      : Node("dropout", std::move(inputs)), mask_(std::move(mask)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {grad * mask_};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const auto [dx, accumulate] = sink.target(0);
    dispatch("dropout", grad, [&, &dx = dx, accumulate = accumulate](auto stream, auto zero) {
      using T = decltype(zero);
      kernels::binary(stream, kernels::Mul{}, kernels::Operand<T>{grad.data<T>()},
                      kernels::Operand<T>{mask_.data<T>()}, dx.template data<T>(), dx.numel(),
                      accumulate);
    });
  }

 private:
  Tensor mask_;
};

}  // namespace

Tensor dropout(const Tensor& x, double rate, Rng& rng) {
  if (!(rate >= 0 && rate <= 1)) {
    throw Error("[dropout] rate " + std::to_string(rate) + " is not between 0 and 1");
  }
  if (!(rng.counter().device() == x.device())) {
    throw Error(std::string("[dropout] the generator is on ") + rng.counter().device().name() +
                ", the input on " + x.device().name());
  }
  Tensor y = Tensor::empty(x.shape(), x.device(), x.dtype());
  Tensor mask = Tensor::empty(x.shape(), x.device(), x.dtype());
  dispatch("dropout", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::dropout(stream, rng.seed(), rng.counter().data<std::uint64_t>(),
                     static_cast<float>(rate), x.data<T>(), mask.data<T>(), y.data<T>(), x.numel());
  });
  return record<DropoutNode>(std::move(y), {x}, std::move(mask));
}

}  // namespace kiln
