// SPDX-License-Identifier: MIT
// Graphs of any depth are destroyed without deep recursion, and give their memory back.
#include "engine/tensor_impl.h"
#include "tests/support/gradcheck.h"

namespace kiln::test {
namespace {

constexpr int kDepth = 100000;

Tensor scalar_leaf() { return Tensor::zeros({}, Device::cpu()).set_requires_grad(true); }

TEST(GraphLifetimeTest, LongChain) {
  const Tensor x = scalar_leaf();
  Tensor y = x;
  for (int i = 0; i < kDepth; ++i) y = y + 1.0;
  backward(y);
  EXPECT_EQ(x.grad().item(), 1);
}

TEST(GraphLifetimeTest, LongChainOfOpsThatUseTheirInputTwice) {
  Tensor y = scalar_leaf();
  for (int i = 0; i < kDepth; ++i) y = y * y;
  backward(y);
}

TEST(GraphLifetimeTest, LongResidualChain) {
  const Tensor x = scalar_leaf();
  Tensor y = x;
  for (int i = 0; i < kDepth / 2; ++i) y = y + relu(y);
  backward(y);
  EXPECT_EQ(x.grad().item(), 1);
}

TEST(GraphLifetimeTest, LongRecordedGradient) {
  const Tensor x = scalar_leaf();
  Tensor y = x;
  for (int i = 0; i < kDepth / 10; ++i) y = tanh(y);
  backward(square(grad(y, {x}, true)[0]));
}

// Blocks that live tensors hold, counted as allocations less frees by a look into the pool: after
// the graph is gone, the same work asks the device for nothing.
class GraphMemoryTest : public PlaceTest {
 protected:
  std::size_t allocations() const { return device().pool().device_allocations(); }

  void expect_no_new_allocations(const std::function<void()>& work) {
    work();
    const std::size_t before = allocations();
    for (int i = 0; i < 3; ++i) work();
    EXPECT_EQ(allocations(), before);
  }
};

TEST_P(GraphMemoryTest, AFreedGraphReturnsItsMemory) {
  const Tensor x = leaf(std::vector<double>(5000, 0.5), {5000});
  expect_no_new_allocations([&] {
    Tensor y = x;
    for (int i = 0; i < 10; ++i) y = y * tanh(y) + y;
  });
}

TEST_P(GraphMemoryTest, BackwardReturnsItsMemory) {
  const Tensor x = leaf(std::vector<double>(5000, 0.5), {5000});
  expect_no_new_allocations([&] { backward(sum(square(sigmoid(x) + x))); });
}

// Recorded gradients hold the graph that they came from; that must not become a circle.
TEST_P(GraphMemoryTest, ARecordedGradientReturnsItsMemory) {
  const Tensor x = leaf(std::vector<double>(5000, 0.5), {5000});
  expect_no_new_allocations([&] {
    const Tensor first = grad(sum(tanh(x) * exp(x)), {x}, true)[0];
    const Tensor second = grad(sum(square(first)), {x}, true)[0];
    backward(sum(square(second)));
  });
}

TEST_P(GraphMemoryTest, AGraphHoldsItsInputsAndNothingElse) {
  std::weak_ptr<Storage> hidden, result;
  Tensor z;
  {
    const Tensor x = leaf({1, 2}, {2});
    const Tensor y = square(x);
    hidden = y.impl()->storage;
    z = sum(y);
    result = z.impl()->storage;
  }
  EXPECT_FALSE(hidden.expired());
  z = Tensor();
  EXPECT_TRUE(hidden.expired());
  EXPECT_TRUE(result.expired());
}

KILN_ON_EVERY_PLACE(GraphMemoryTest);

}  // namespace
}  // namespace kiln::test
