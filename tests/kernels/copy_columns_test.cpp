// SPDX-License-Identifier: MIT
#include "kernels/copy_columns.h"

#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class CopyColumns : public BackendTest<Backend> {};
TYPED_TEST_SUITE(CopyColumns, Backends, BackendNames);

struct Block {
  std::int64_t rows, cols, x_width, x_first, out_width, out_first;
};

// What is beside the block stays as it is.
TYPED_TEST(CopyColumns, ABlockOfAnyPlace) {
  using Real = typename TypeParam::Real;
  const Block blocks[] = {{0, 3, 3, 0, 5, 1},     {5, 0, 3, 2, 5, 1},
                          {1, 1, 1, 0, 1, 0},     {33, 10, 794, 784, 110, 100},
                          {64, 31, 40, 9, 33, 1}, {127, 784, 784, 0, 794, 0},
                          {1030, 3, 4, 1, 3, 0}};
  for (const Block& block : blocks) {
    for (const unsigned misaligned : {0u, 1u, 2u}) {
      for (const bool accumulate : {false, true}) {
        SCOPED_TRACE(::testing::Message() << block.rows << " x " << block.cols << ", misaligned "
                                          << misaligned << ", accumulate " << accumulate);
        const Layout layout{misaligned};
        const auto x = random_integers<Real>(block.rows * block.x_width, 16, 1);
        const auto old = random_integers<Real>(block.rows * block.out_width, 16, 2);
        std::vector<Real> expected = old;
        for (std::int64_t i = 0; i < block.rows; ++i) {
          for (std::int64_t j = 0; j < block.cols; ++j) {
            const auto to = static_cast<std::size_t>(i * block.out_width + block.out_first + j);
            const auto from = static_cast<std::size_t>(i * block.x_width + block.x_first + j);
            expected[to] = accumulate ? expected[to] + x[from] : x[from];
          }
        }
        const Buffer<TypeParam> xs(x, layout(0)), out(old, layout(1));
        kernels::copy_columns(TypeParam::stream(), xs.data() + block.x_first, block.x_width,
                              out.data() + block.out_first, block.out_width, block.rows, block.cols,
                              accumulate);
        EXPECT_TRUE(same_bits(out.values(), expected));
      }
    }
  }
}

}  // namespace
}  // namespace kiln::test
