// SPDX-License-Identifier: MIT
#include "kernels/gather_labels.h"

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class GatherLabels : public BackendTest<Backend> {};
TYPED_TEST_SUITE(GatherLabels, Backends, BackendNames);

TYPED_TEST(GatherLabels, OfAnySize) {
  for_each_size([](std::int64_t batch, Layout layout) {
    std::vector<std::uint8_t> labels;
    for (int i = 0; i < 251; ++i) labels.push_back(static_cast<std::uint8_t>(i * 7));
    std::vector<std::int32_t> indices, expected;
    for (std::int64_t i = 0; i < batch; ++i) {
      indices.push_back(static_cast<std::int32_t>(i * 37 % 251));
      expected.push_back(labels[static_cast<std::size_t>(indices.back())]);
    }
    const Buffer<TypeParam, std::uint8_t> source(labels, layout(0));
    const Buffer<TypeParam, std::int32_t> chosen(indices, layout(1)), out(batch, layout(2));
    kernels::gather_labels(TypeParam::stream(), source.data(), {chosen.data()}, batch, out.data());
    EXPECT_EQ(out.values(), expected);
  });
}

TYPED_TEST(GatherLabels, ReadsTheCursorAndLeavesIt) {
  const Buffer<TypeParam, std::uint8_t> labels(std::vector<std::uint8_t>{0, 10, 20, 255});
  const Buffer<TypeParam, std::int32_t> indices(std::vector<std::int32_t>{3, 2, 1, 0}), out(2);
  const Buffer<TypeParam, std::uint64_t> cursor(std::vector<std::uint64_t>{2});
  kernels::gather_labels(TypeParam::stream(), labels.data(),
                         {indices.data(), indices.size(), cursor.data()}, 2, out.data());
  EXPECT_EQ(out.values(), (std::vector<std::int32_t>{10, 0}));
  EXPECT_EQ(cursor.values()[0], 2u);
}

}  // namespace
}  // namespace kiln::test
