// SPDX-License-Identifier: MIT
// The pointwise ops as tests see them: with default and with other parameters, and with inputs of
// their domain.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/pointwise_ops.h"
#include "tests/support/inputs.h"

namespace kiln::test {

template <class Op>
std::vector<Op> variants() {
  return {Op{}};
}
template <>
inline std::vector<kernels::Affine> variants() {
  return {kernels::Affine{}, kernels::Affine{2.5f, -1.25f}};
}
template <>
inline std::vector<kernels::LeakyRelu> variants() {
  return {kernels::LeakyRelu{}, kernels::LeakyRelu{0.25f}};
}
template <>
inline std::vector<kernels::ClampMin> variants() {
  return {kernels::ClampMin{}, kernels::ClampMin{0.5f}};
}

// Calls f(op) for every op of the list.
template <class F>
void for_each_op(F f) {
#define KILN_VISIT(Op, snake_case_name)            \
  for (const auto& op : variants<kernels::Op>()) { \
    SCOPED_TRACE(kernels::Op::name);               \
    f(op);                                         \
  }
  KILN_POINTWISE_OPS(KILN_VISIT)
#undef KILN_VISIT
}

// Numbers of (-4, 4), made positive where op is not defined at them.
template <class T, class Op>
std::vector<T> inputs_of(const Op& op, std::int64_t n) {
  std::vector<T> values = random_values<T>(n, -4, 4, 11);
  for (T& x : values) {
    if (!std::isfinite(op.forward(static_cast<double>(x)))) x = T(0.125) - x;
  }
  return values;
}

}  // namespace kiln::test
