// SPDX-License-Identifier: MIT
#include "engine/nn/categorical_latents.h"

#include <cmath>

#include "engine/autograd/backward.h"
#include "engine/rng.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using CategoricalLatents = OpTest;

TEST_P(CategoricalLatents, TheLargestOfTheFirstNumbersIsTheCategory) {
  nn::CategoricalLatents code(4);
  const Tensor x = tensor({0.5, -2, 1.5, 0, 7, -8, -3, -1, -2, -1.5, -9, 4}, {2, 6});
  EXPECT_TRUE(same_bits(values_of(code(x)), {0, 0, 2, 0, 7, -8, 0, 2, 0, 0, -9, 4}));
}

// Each category is as likely as any other, and its number's mean square is 1.
TEST_P(CategoricalLatents, CategoriesAreEquallyLikely) {
  constexpr std::int64_t kRows = 20000, kCategories = 5;
  nn::CategoricalLatents code(kCategories);
  const Tensor z = Rng(3, Device::cpu()).normal({kRows, kCategories + 1});
  const std::vector<float> drawn = z.to_host<float>();
  const std::vector<double> made =
      values_of(code(tensor(std::vector<double>(drawn.begin(), drawn.end()), z.shape())));
  for (std::size_t k = 0; k < kCategories; ++k) {
    double squares = 0;
    for (std::size_t i = k; i < made.size(); i += kCategories + 1) squares += made[i] * made[i];
    EXPECT_NEAR(squares / kRows, 1, 0.06) << k;
  }
}

TEST_P(CategoricalLatents, BothHalvesOfAForwardPass) {
  nn::CategoricalLatents code(3);
  const Tensor x = tensor({0.5, -2, 1.5, 4, 1, 0, -1, 5}, {2, 4});
  const Tensor y = constant_like(x, 9);
  code.forward_into(x, y);
  EXPECT_TRUE(same_bits(values_of(y), values_of(code(x))));
  EXPECT_TRUE(same_bits(values_of(code.forward_of(x, y)), values_of(y)));
}

TEST_P(CategoricalLatents, Gradients) {
  nn::CategoricalLatents code(3);
  check([&](const std::vector<Tensor>& w) { return code(w[0]); }, {signed_input({2, 5})});
  const Tensor x = leaf({0.1, 0.5, 0.2, 7, 8}, {1, 5});
  EXPECT_TRUE(
      same_bits(values_of(grad(code.forward_of(x, code(x).detach()), {x})[0]), {0, 0, 0, 1, 1}));
}

TEST_P(CategoricalLatents, NanIsSeenAndNoRowsAreNone) {
  nn::CategoricalLatents code(2);
  EXPECT_TRUE(std::isnan(values_of(code(tensor({1, NAN, 2}, {1, 3})))[1]));
  EXPECT_EQ(code(tensor({}, {0, 3})).shape(), (Shape{0, 3}));
}

TEST_P(CategoricalLatents, Errors) {
  nn::CategoricalLatents code(4);
  expect_error(
      [&] {
        code(tensor({1, 2, 3}, {1, 3}));
      },
      "[columns] -1 columns from 4 on are not in 3 for (1,3)");
}

KILN_ON_EVERY_PLACE(CategoricalLatents);

}  // namespace
}  // namespace kiln::test
