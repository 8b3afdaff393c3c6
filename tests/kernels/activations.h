// SPDX-License-Identifier: MIT
// Every activation of the list, with a slope that is exact in binary.
#pragma once

#include <gtest/gtest.h>

#include "kernels/activation.h"

namespace kiln::test {

template <class F>
void for_each_activation(F f) {
#define KILN_VISIT(Op, enumerator)                                                \
  {                                                                               \
    SCOPED_TRACE(#enumerator);                                                    \
    f(kernels::Activation{kernels::ActivationKind::enumerator, /*slope=*/0.25f}); \
  }
  KILN_ACTIVATIONS(KILN_VISIT)
#undef KILN_VISIT
}

}  // namespace kiln::test
