// SPDX-License-Identifier: MIT
#include "kernels/largest_one_hot.h"

#include <algorithm>
#include <cmath>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class LargestOneHot : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  // Of rows of `x_width`, into columns 1 .. count of rows of count + 2 that hold 9.
  static std::vector<Real> run(const std::vector<Real>& x, std::int64_t x_width, std::int64_t count,
                               Layout layout = {}) {
    const std::int64_t rows = static_cast<std::int64_t>(x.size()) / x_width;
    const Buffer<Backend> xs(x, layout(0)),
        out(std::vector<Real>(static_cast<std::size_t>(rows * (count + 2)), 9), layout(1));
    kernels::largest_one_hot(Backend::stream(),
                             kernels::LargestOneHotArgs<Real>{xs.data(), x_width, rows, count,
                                                              Real(3), out.data() + 1, count + 2});
    return out.values();
  }
};
TYPED_TEST_SUITE(LargestOneHot, Backends, BackendNames);

TYPED_TEST(LargestOneHot, TheValueAtTheLargestAndNothingBeside) {
  using Real = typename TypeParam::Real;
  for (const std::int64_t count : {0, 1, 2, 10, 31, 33, 100}) {
    for_each_size([&](std::int64_t rows, Layout layout) {
      const std::int64_t width = count + 3;
      const auto x = random_values<Real>(rows * width, -1, 1, 5);
      std::vector<Real> expected;
      for (std::int64_t i = 0; i < rows; ++i) {
        const auto row = x.begin() + i * width;
        const std::int64_t largest = std::max_element(row, row + count) - row;
        expected.push_back(9);
        for (std::int64_t j = 0; j < count; ++j)
          expected.push_back(j == largest ? Real(3) : Real(0));
        expected.push_back(9);
      }
      EXPECT_TRUE(same_bits(TestFixture::run(x, width, count, layout), expected)) << count;
    });
  }
}

TYPED_TEST(LargestOneHot, TheFirstOfEqualsAndInfinities) {
  using Real = typename TypeParam::Real;
  const Real inf = static_cast<Real>(INFINITY);
  EXPECT_TRUE(same_bits(TestFixture::run({1, 2, 2, 0, 0, 0, -inf, inf, inf}, 3, 3),
                        std::vector<Real>{9, 0, 3, 0, 9, 9, 3, 0, 0, 9, 9, 0, 3, 0, 9}));
}

TYPED_TEST(LargestOneHot, NanIsSeen) {
  using Real = typename TypeParam::Real;
  const std::vector<Real> out = TestFixture::run({1, static_cast<Real>(NAN), 2}, 3, 3);
  EXPECT_EQ(out[1], Real(0));
  EXPECT_TRUE(std::isnan(out[2]));
  EXPECT_EQ(out[3], Real(0));
}

}  // namespace
}  // namespace kiln::test
