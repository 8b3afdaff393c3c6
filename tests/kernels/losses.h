// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include "kernels/losses.h"

namespace kiln::test {

// Calls f(loss) for every loss of the list.
template <class F>
void for_each_loss(F f) {
#define KILN_VISIT(Loss, snake_case_name) \
  {                                       \
    SCOPED_TRACE(kernels::Loss::name);    \
    f(kernels::Loss{});                   \
  }
  KILN_LOSSES(KILN_VISIT)
#undef KILN_VISIT
}

}  // namespace kiln::test
