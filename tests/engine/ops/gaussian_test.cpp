// SPDX-License-Identifier: MIT
#include "engine/ops/gaussian.h"

#include "engine/ops/arithmetic.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using GaussianTest = OpTest;

TEST_P(GaussianTest, SampleOfEveryOrder) {
  const auto sample = [](const std::vector<Tensor>& x) {
    const Tensor noise =
        make_tensor({0.5, -1, 2, 0.25, -0.75, 1.5}, {2, 3}, x[0].device(), x[0].dtype());
    return gaussian_sample(x[0], noise);
  };
  check(sample, {input({2, 6}, -1, 1)}, 3);
  check([=](const std::vector<Tensor>& x) { return square(sample(x)); }, {input({2, 6}, -1, 1)}, 3);
}

TEST_P(GaussianTest, ShapesThatDoNotMatchAreErrors) {
  const Tensor parameters = tensor({1, 2, 3, 4}, {1, 4}), noise = tensor({1}, {1, 1});
  expect_error([&] { gaussian_sample(parameters, noise); },
               "[gaussian_sample] parameters (1,4) and noise (1,1) are not (rows,2 latent) and "
               "(rows,latent)");
}

KILN_ON_EVERY_PLACE(GaussianTest);

}  // namespace
}  // namespace kiln::test
