// SPDX-License-Identifier: MIT
#include "engine/ops/channels.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "kernels/channels.h"

namespace kiln {
namespace {

std::int64_t pixels_of(const Shape& shape) {
  return element_count(Shape(shape.begin() + 2, shape.end()));
}

void write_channels(const Tensor& v, const Tensor& out, bool accumulate) {
  dispatch("broadcast_channels", v, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::broadcast_channels(stream, v.data<T>(), out.dim(0), out.dim(1), pixels_of(out.shape()),
                                out.data<T>(), accumulate);
  });
}

class ChannelSumNode final : public Node {
 public:
  explicit ChannelSumNode(std::vector<Tensor> inputs) : Node("channel_sum", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {broadcast_channels(grad, input(0).shape())};
  }

  void accumulate_gradients(const Tensor& grad, GradSink& sink) override {
    const auto [dx, accumulate] = sink.target(0);
    write_channels(grad, dx, accumulate);
  }
};

class BroadcastChannelsNode final : public Node {
 public:
  explicit BroadcastChannelsNode(std::vector<Tensor> inputs)
      : Node("broadcast_channels", std::move(inputs)) {}

  std::vector<Tensor> gradients(const Tensor& grad, const std::vector<bool>& /*needs*/) override {
    return {channel_sum(grad)};
  }
};

}  // namespace

Tensor channel_sum(const Tensor& x) {
  if (x.rank() < 2) {
    throw Error("[channel_sum] shape " + to_string(x.shape()) + " is not (batch,channels,...)");
  }
  Tensor out = Tensor::empty({x.dim(1)}, x.device(), x.dtype());
  dispatch("channel_sum", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::channel_sum(stream, x.data<T>(), x.dim(0), x.dim(1), pixels_of(x.shape()),
                         out.data<T>(), false);
  });
  return record<ChannelSumNode>(std::move(out), {x});
}

Tensor broadcast_channels(const Tensor& v, const Shape& shape) {
  if (v.rank() != 1 || shape.size() < 2 || shape[1] != v.dim(0)) {
    throw Error("[broadcast_channels] shape " + to_string(v.shape()) +
                " is not a number for each channel of " + to_string(shape));
  }
  Tensor out = Tensor::empty(shape, v.device(), v.dtype());
  write_channels(v, out, false);
  return record<BroadcastChannelsNode>(std::move(out), {v});
}

}  // namespace kiln
