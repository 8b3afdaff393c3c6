// SPDX-License-Identifier: MIT
#include "engine/nn/module.h"

#include "engine/nn/activations.h"
#include "engine/nn/linear.h"
#include "engine/nn/sequential.h"
#include "engine/ops/arithmetic.h"
#include "tests/support/devices.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using ModuleTest = PlaceTest;

std::vector<std::string> names_of(const nn::Module& module) {
  std::vector<std::string> names;
  for (const nn::NamedTensor& parameter : module.named_parameters())
    names.push_back(parameter.name);
  return names;
}

// A buffer, and a mode that matters: counts the calls in training mode.
class Counter final : public nn::Module {
 public:
  explicit Counter(Device device) { calls_ = register_buffer("calls", Tensor::zeros({}, device)); }
  Tensor forward(const Tensor& x) override {
    if (is_training()) calls_.fill(calls_.item() + 1);
    return x;
  }

 private:
  Tensor calls_;
};

// A parameter of its own beside nested children.
class Net final : public nn::Module {
 public:
  explicit Net(Device device) {
    auto body = std::make_shared<nn::Sequential>();
    body->add<nn::Linear>("fc1", 2, 3, Activation{}, 1, device)
        .add<nn::ReLU>("relu")
        .add<nn::Linear>("fc2", 3, 1, Activation{}, 2, device);
    body_ = register_module("body", body);
    head_ = register_module("head", std::make_shared<nn::Linear>(1, 1, Activation{}, 3, device));
    scale_ = register_parameter("scale", Tensor::full({1}, 2, device));
    register_buffer("seen", Tensor::full({1}, 7, device).set_requires_grad(true));
    body->add<Counter>("counter", device);
  }
  Tensor forward(const Tensor& x) override { return (*head_)((*body_)(x)) * scale_; }
  const Tensor& scale() const { return scale_; }

 private:
  std::shared_ptr<nn::Sequential> body_;
  std::shared_ptr<nn::Linear> head_;
  Tensor scale_;
};

TEST_P(ModuleTest, ParametersAreNamedByTheirPath) {
  const Net net(device());
  EXPECT_EQ(names_of(net), (std::vector<std::string>{"scale", "body.fc1.weight", "body.fc1.bias",
                                                     "body.fc2.weight", "body.fc2.bias",
                                                     "head.weight", "head.bias"}));
  const auto named = net.named_parameters();
  const auto parameters = net.parameters();
  ASSERT_EQ(parameters.size(), named.size());
  for (std::size_t i = 0; i < named.size(); ++i) {
    EXPECT_EQ(parameters[i].impl(), named[i].tensor.impl());
    EXPECT_TRUE(parameters[i].requires_grad());
  }
  EXPECT_EQ(parameters[0].impl(), net.scale().impl());
}

TEST_P(ModuleTest, BuffersAreNamedByTheirPathAndNotTrained) {
  Net net(device());
  const std::vector<nn::NamedTensor> buffers = net.named_buffers();
  ASSERT_EQ(buffers.size(), 2u);
  EXPECT_EQ(buffers[0].name, "seen");
  EXPECT_EQ(buffers[0].tensor.item(), 7);
  EXPECT_FALSE(buffers[0].tensor.requires_grad());
  EXPECT_EQ(buffers[1].name, "body.counter.calls");
  net(Tensor::full({4, 2}, 0.5, device()));
  EXPECT_EQ(buffers[1].tensor.item(), 1);  // the module's own storage
}

TEST_P(ModuleTest, TrainingModeReachesEveryChild) {
  Net net(device());
  const Tensor calls = net.named_buffers()[1].tensor;
  const Tensor x = Tensor::full({4, 2}, 0.5, device());
  EXPECT_TRUE(net.is_training());
  net.eval();
  EXPECT_FALSE(net.is_training());
  net(x);
  EXPECT_EQ(calls.item(), 0);
  net.train();
  net(x);
  EXPECT_EQ(calls.item(), 1);
}

TEST_P(ModuleTest, CallIsForward) {
  Net net(device());
  const Tensor x = Tensor::full({4, 2}, 0.5, device());
  EXPECT_TRUE(same_bits(net(x).to_host<float>(), net.forward(x).to_host<float>()));
  EXPECT_EQ(net(x).shape(), (Shape{4, 1}));
}

TEST_P(ModuleTest, SequentialAppliesItsLayersInOrder) {
  nn::Sequential net;
  const Tensor x = Tensor::from_host(std::vector<float>{-2, 3}, {2}, device());
  EXPECT_EQ(net(x).impl(), x.impl());
  net.add<nn::LeakyReLU>("leaky", kernels::LeakyRelu{0.5f})
      .add<nn::Pointwise<kernels::Affine>>("shift", kernels::Affine{1, -1})
      .add<nn::ReLU>("relu");
  EXPECT_TRUE(same_bits(net(x).to_host<float>(), {0, 2}));
  EXPECT_TRUE(net.parameters().empty());
}

TEST_P(ModuleTest, ActivationsAreTheirOps) {
  const Tensor x = Tensor::from_host(std::vector<float>{-1.5, 0.5}, {2}, device());
  EXPECT_TRUE(same_bits(nn::Sigmoid()(x).to_host<float>(), sigmoid(x).to_host<float>()));
  EXPECT_TRUE(same_bits(nn::Tanh()(x).to_host<float>(), tanh(x).to_host<float>()));
  EXPECT_TRUE(same_bits(nn::Softplus()(x).to_host<float>(), softplus(x).to_host<float>()));
}

KILN_ON_EVERY_FLOAT_PLACE(ModuleTest);

}  // namespace
}  // namespace kiln::test
