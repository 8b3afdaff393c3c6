// SPDX-License-Identifier: MIT
// The one check of a differentiable op, on every place.
#pragma once

#include "tests/support/gradcheck.h"

namespace kiln::test {

class OpTest : public PlaceTest {
 protected:
  // Values and gradients agree with the CPU's in double; the fused backward agrees with the
  // recorded one, up to derivatives of `order`; and, once in double, both agree with central
  // differences.
  void check(Function f, const std::vector<Input>& inputs, int order = 2) const {
    const std::vector<Tensor> leaves = make_leaves(inputs, device(), dtype());
    const std::vector<Tensor> reference = make_leaves(inputs, Device::cpu(), DType::float64);
    if (is_double()) {
      EXPECT_TRUE(gradients_match(f, inputs, order));
    }
    const double tolerance = is_double() ? 1e-12 : 2e-5;
    EXPECT_TRUE(near(values_of(f(leaves)), values_of(f(reference)), tolerance, tolerance));
    for (int level = 1; level <= order; ++level) {
      SCOPED_TRACE(::testing::Message() << "order " << level);
      const Tensor scalar = project(f(leaves));
      const auto fused = fused_gradients(scalar, leaves);
      EXPECT_TRUE(near_gradients(fused, recorded_gradients(scalar, leaves), tolerance, tolerance));
      EXPECT_TRUE(near_gradients(fused, fused_gradients(project(f(reference)), reference),
                                 10 * tolerance, 10 * tolerance));
      f = derivative_of(std::move(f));
    }
  }
};

}  // namespace kiln::test
