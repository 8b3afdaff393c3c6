// SPDX-License-Identifier: MIT
#include "kernels/gather.h"

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class GatherRows : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  static void check(std::int64_t row_count, std::int64_t row_size,
                    const std::vector<std::int32_t>& indices, Layout layout) {
    SCOPED_TRACE(::testing::Message() << row_size << " bytes a row, batch " << indices.size()
                                      << ", misaligned " << layout.misaligned);
    std::vector<std::uint8_t> rows;
    for (const int value : random_integers<int>(row_count * row_size, 127, 1)) {
      rows.push_back(static_cast<std::uint8_t>(value + 128));
    }
    if (!rows.empty()) rows.front() = 0, rows.back() = 255;
    const Real scale = Real(2) / Real(255), shift = Real(-1);
    std::vector<double> expected;
    for (const std::int32_t index : indices) {
      for (std::int64_t j = 0; j < row_size; ++j) {
        const double byte = rows[static_cast<std::size_t>(index * row_size + j)];
        expected.push_back(static_cast<double>(scale) * byte + static_cast<double>(shift));
      }
    }
    const Buffer<Backend, std::uint8_t> source(rows, layout(0));
    const Buffer<Backend, std::int32_t> chosen(indices, layout(1));
    const Buffer<Backend> out(static_cast<std::int64_t>(expected.size()), layout(2));
    kernels::gather_rows(Backend::stream(), source.data(), row_size, {chosen.data()}, chosen.size(),
                         scale, shift, out.data());
    EXPECT_TRUE(near(out.values(), expected, 4 * kEpsilon<Backend>, 4 * kEpsilon<Backend>));
  }
};
TYPED_TEST_SUITE(GatherRows, Backends, BackendNames);

TYPED_TEST(GatherRows, AnyRowSizeAndAlignment) {
  for (const std::int64_t row_size : {0, 1, 3, 4, 31, 32, 127, 784, 1028}) {
    for (const unsigned misaligned : {0u, 1u, 2u, 4u, 7u}) {
      TestFixture::check(9, row_size, {8, 0, 3, 3, 7, 1, 0}, Layout{misaligned});
    }
  }
}

TYPED_TEST(GatherRows, BatchesOfAnySize) {
  for (const std::int64_t batch : {0, 1, 33, 64, 127}) {
    std::vector<std::int32_t> indices;
    for (std::int64_t i = 0; i < batch; ++i) {
      indices.push_back(static_cast<std::int32_t>(i * 37 % 101));
    }
    TestFixture::check(101, 28, indices, {});
  }
}

// A cursor walks through the indices batch by batch and starts again where no whole one is left.
TYPED_TEST(GatherRows, CursorMovesOn) {
  using Real = typename TypeParam::Real;
  const Buffer<TypeParam, std::uint8_t> rows(std::vector<std::uint8_t>{0, 10, 20, 30, 40, 50, 60});
  const Buffer<TypeParam, std::int32_t> indices(std::vector<std::int32_t>{6, 5, 4, 3, 2, 1, 0});
  const Buffer<TypeParam, std::uint64_t> cursor(std::vector<std::uint64_t>{0});
  const Buffer<TypeParam> out(3);
  const auto next = [&] {
    kernels::gather_rows(TypeParam::stream(), rows.data(), 1,
                         {indices.data(), indices.size(), cursor.data()}, 3, Real(1), Real(0),
                         out.data());
    return out.values();
  };
  EXPECT_TRUE(same_bits(next(), std::vector<Real>{60, 50, 40}));
  EXPECT_TRUE(same_bits(next(), std::vector<Real>{30, 20, 10}));
  EXPECT_EQ(cursor.values()[0], 0u);
  EXPECT_TRUE(same_bits(next(), std::vector<Real>{60, 50, 40}));
}

}  // namespace
}  // namespace kiln::test
