// SPDX-License-Identifier: MIT
#include "engine/ops/dropout.h"

#include <cmath>
#include <set>

#include "engine/nn/dropout.h"
#include "engine/rng.h"
#include "engine/train/captured_step.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using DropoutTest = OpTest;
using Tensors = const std::vector<Tensor>&;

TEST_P(DropoutTest, Gradients) {
  // A fresh generator each time: one function, one mask.
  const auto dropped = [](Tensors x) {
    Rng rng(3, x[0].device());
    return dropout(x[0], 0.4, rng);
  };
  check(dropped, {signed_input({5, 7})});
  check([=](Tensors x) { return square(dropped(x)); }, {signed_input({5, 7})}, 3);
  check([=](Tensors x) { return square(dropped(x)) * x[0]; }, {signed_input({5, 7})});
  check(dropped, {{{0, 3}, {}}});
}

TEST_P(DropoutTest, EachCallDrawsAnew) {
  Rng rng(3, device());
  const Tensor x = Tensor::full({100}, 1, device(), dtype());
  const std::vector<double> first = values_of(dropout(x, 0.5, rng));
  EXPECT_FALSE(same_bits(values_of(dropout(x, 0.5, rng)), first));
  Rng same(3, device());
  EXPECT_TRUE(same_bits(values_of(dropout(x, 0.5, same)), first));
}

TEST_P(DropoutTest, BoundsOfTheRate) {
  Rng rng(3, device());
  const Tensor x = Tensor::full({100}, 2, device(), dtype());
  EXPECT_TRUE(same_bits(values_of(dropout(x, 0, rng)), std::vector<double>(100, 2)));
  EXPECT_TRUE(same_bits(values_of(dropout(x, 1, rng)), std::vector<double>(100, 0)));
  expect_error([&] { dropout(x, 1.5, rng); }, "[dropout] rate 1.500000 is not between 0 and 1");
  expect_error([&] { dropout(x, std::nan(""), rng); }, "[dropout] rate nan is not between 0 and 1");
  if (!device().is_cpu()) {
    Rng elsewhere(3, Device::cpu());
    expect_error([&] { dropout(x, 0.5, elsewhere); },
                 "[dropout] the generator is on cpu, the input on cuda");
  }
}

TEST_P(DropoutTest, ModuleDropsInTrainingAlone) {
  nn::Dropout module(0.5, 3, device());
  const Tensor x = Tensor::full({100}, 1, device(), dtype());
  Rng rng(3, device());
  EXPECT_TRUE(same_bits(values_of(module(x)), values_of(dropout(x, 0.5, rng))));
  module.eval();
  EXPECT_EQ(module(x).impl(), x.impl());
  module.train();
  EXPECT_TRUE(same_bits(values_of(module(x)), values_of(dropout(x, 0.5, rng))));
}

TEST_P(DropoutTest, AReplayedStepHasAFreshMask) {
  nn::Dropout module(0.5, 3, device());
  const Tensor x = Tensor::full({64}, 1, device(), dtype());
  const Tensor y = Tensor::empty({64}, device(), dtype());
  CapturedStep step(device(), [&] { y.copy_from(module(x)); });
  std::set<std::vector<double>> masks;
  for (int i = 0; i < 6; ++i) {
    step.run();
    masks.insert(values_of(y));
  }
  EXPECT_EQ(masks.size(), 6u);
}

KILN_ON_EVERY_PLACE(DropoutTest);

}  // namespace
}  // namespace kiln::test
