// SPDX-License-Identifier: MIT
// The gradient check itself: it finds wrong rules, whichever of the two a node gets wrong.
#include "tests/support/gradcheck.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"

namespace kiln::test {
namespace {

using Tensors = const std::vector<Tensor>&;

// y = x^2 whose two gradient rules are `recorded` x and `fused` x.
class SquareNode final : public Node {
 public:
  SquareNode(std::vector<Tensor> inputs, double recorded, double fused)
      : Node("square", std::move(inputs)), recorded_(recorded), fused_(fused) {}

  std::vector<Tensor> gradients(const Tensor& dy, const std::vector<bool>&) override {
    return {dy * (input(0) * recorded_)};
  }
  void accumulate_gradients(const Tensor& dy, GradSink& sink) override {
    const NoGradGuard no_grad;
    sink.add(0, dy * (input(0) * fused_));
  }

 private:
  double recorded_;
  double fused_;
};

Function square_with(double recorded, double fused) {
  return [=](Tensors x) {
    const Tensor y = square(x[0].detach());
    return record<SquareNode>(y, {x[0]}, recorded, fused);
  };
}

const std::vector<Input> kInputs = {{{3}, {0.5, -1, 2}}};

TEST(GradcheckTest, AcceptsRightRules) {
  EXPECT_TRUE(gradients_match(square_with(2, 2), kInputs, 2));
}

TEST(GradcheckTest, FindsAWrongFusedRule) {
  const auto result = gradients_match(square_with(2, 2.0001), kInputs, 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(std::string(result.message()).substr(0, 23), "fused gradient, order 1");
}

TEST(GradcheckTest, FindsAWrongRecordedRule) {
  const auto result = gradients_match(square_with(2.0001, 2), kInputs, 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(std::string(result.message()).substr(0, 26), "recorded gradient, order 1");
}

TEST(GradcheckTest, FindsAMissingSecondDerivative) {
  const Function f = [](Tensors x) {
    const Tensor y = square(x[0].detach());
    return record<SquareNode>(y, {x[0].detach().set_requires_grad(true)}, 2.0, 2.0);
  };
  EXPECT_FALSE(gradients_match(f, kInputs, 1));
}

TEST(GradcheckTest, NaNIsNoGradient) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(gradients_match(square_with(nan, nan), kInputs, 1));
  const Function all_nan = [&](Tensors x) { return x[0] * nan; };
  EXPECT_FALSE(gradients_match(all_nan, kInputs, 1));
}

}  // namespace
}  // namespace kiln::test
