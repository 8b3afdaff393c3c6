// SPDX-License-Identifier: MIT
#include "engine/ops/one_hot.h"

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using OneHotTest = OpTest;

TEST_P(OneHotTest, OfTheLargestIntoColumns) {
  const Tensor x = tensor({1, 3, 2, 9, 5, 4, 0, 9}, {2, 4}),
               out = tensor({1, 2, 3, 4, 5, 6, 7, 8}, {2, 4});
  write_largest_one_hot(x, 3, 0.5, out, 1);
  EXPECT_TRUE(same_bits(values_of(out), {1, 0, 0.5, 0, 5, 0.5, 0, 0}));
}

TEST_P(OneHotTest, OfTheLargestRefusesWhatDoesNotFit) {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6}, {2, 3});
  const auto refused = [&](const Tensor& numbers, std::int64_t count, std::int64_t first,
                           const std::string& why) {
    expect_error([&] { write_largest_one_hot(numbers, count, 1, x, first); },
                 "[largest_one_hot] " + why);
  };
  refused(x, 4, 0, "4 numbers of (2,3) do not fit into (2,3) from column 0 on");
  refused(x, 2, 2, "2 numbers of (2,3) do not fit into (2,3) from column 2 on");
  refused(x, 2, -1, "2 numbers of (2,3) do not fit into (2,3) from column -1 on");
  refused(x, -1, 0, "-1 numbers of (2,3) do not fit into (2,3) from column 0 on");
  refused(x.slice(0, {1, 3}), 2, 0, "2 numbers of (1,3) do not fit into (2,3) from column 0 on");
  refused(x.slice(0, {6}), 2, 0, "2 numbers of (6) do not fit into (2,3) from column 0 on");
}

KILN_ON_EVERY_PLACE(OneHotTest);

}  // namespace
}  // namespace kiln::test
