// SPDX-License-Identifier: MIT
// Known answers of Random123 1.14 (tests/kat_vectors, philox4x32 with 10 rounds).
#include "kernels/philox.h"

#include <gtest/gtest.h>

namespace kiln::test {
namespace {

using kernels::philox4x32_10;
using kernels::philox_quad;
using kernels::PhiloxWords;

TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, 0),
            (PhiloxWords{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffff),
            (PhiloxWords{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
            (PhiloxWords{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, AQuadIsCurandsCounterLayout) {
  EXPECT_EQ(philox_quad(7, 0x500000006, 0x300000004), philox4x32_10({6, 5, 4, 3}, 7));
}

}  // namespace
}  // namespace kiln::test
