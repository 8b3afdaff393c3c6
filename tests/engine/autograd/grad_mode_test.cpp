// SPDX-License-Identifier: MIT
#include "engine/autograd/grad_mode.h"

#include <thread>

#include "engine/ops/linear.h"
#include "tests/support/gradcheck.h"

namespace kiln::test {
namespace {

class GradModeTest : public PlaceTest {
 protected:
  bool records() const { return (leaf({1}, {}) * 2.0).requires_grad(); }
};

TEST_P(GradModeTest, GuardsNest) {
  EXPECT_TRUE(grad_enabled());
  {
    const NoGradGuard off;
    EXPECT_FALSE(records());
    {
      const GradModeGuard on(true);
      EXPECT_TRUE(records());
      const NoGradGuard off_again;
      EXPECT_FALSE(records());
    }
    EXPECT_FALSE(records());
  }
  EXPECT_TRUE(records());
}

TEST_P(GradModeTest, EachThreadHasItsOwn) {
  const NoGradGuard off;
  bool enabled_there = false;
  std::thread([&] { enabled_there = grad_enabled(); }).join();
  EXPECT_TRUE(enabled_there);
}

TEST_P(GradModeTest, GradientsWorkWhereNothingIsRecorded) {
  const Tensor x = leaf({3}, {});
  const Tensor cube = x * x * x;
  const NoGradGuard off;
  backward(cube);
  EXPECT_EQ(x.grad().item(), 27);
  EXPECT_TRUE(grad(cube, {x}, true)[0].requires_grad());
  EXPECT_FALSE(grad_enabled());
}

TEST_P(GradModeTest, BackwardRestoresTheMode) {
  const Tensor x = leaf({3}, {});
  backward(x * x);
  EXPECT_TRUE(grad_enabled());
  EXPECT_THROW(grad(x * x, {leaf({1}, {})}), Error);
  EXPECT_TRUE(grad_enabled());
}

TEST_P(GradModeTest, DetachHoldsAPathConstant) {
  const Tensor x = leaf({3}, {});
  const Tensor constant = square(x).detach();
  EXPECT_FALSE(constant.requires_grad());
  backward(x * constant);
  EXPECT_EQ(x.grad().item(), 9);
  EXPECT_EQ(x.detach().raw(), x.raw());
}

TEST_P(GradModeTest, ConstantsMakeNoGraph) {
  const Tensor x = tensor({1, 2}, {1, 2});
  EXPECT_FALSE(linear(x, x, Tensor()).requires_grad());
  EXPECT_TRUE(linear(x, leaf({1, 2}, {1, 2}), Tensor()).requires_grad());
}

KILN_ON_EVERY_PLACE(GradModeTest);

}  // namespace
}  // namespace kiln::test
