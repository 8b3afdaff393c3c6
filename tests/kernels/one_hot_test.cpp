// SPDX-License-Identifier: MIT
#include "kernels/one_hot.h"

#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class OneHot : public BackendTest<Backend> {};
TYPED_TEST_SUITE(OneHot, Backends, BackendNames);

TYPED_TEST(OneHot, AOneAtEachLabel) {
  using Real = typename TypeParam::Real;
  for (const std::int64_t classes : {0, 1, 2, 10, 31, 32, 33, 127}) {
    for_each_size([&](std::int64_t n, Layout layout) {
      std::vector<std::int32_t> labels;
      std::vector<Real> expected;
      for (std::int64_t i = 0; i < n; ++i) {
        labels.push_back(static_cast<std::int32_t>(i * 7 % (classes + 2)) -
                         1);  // -1 and classes too
        for (std::int64_t j = 0; j < classes; ++j) expected.push_back(j == labels.back() ? 1 : 0);
      }
      const Buffer<TypeParam, std::int32_t> given(labels, layout(0));
      const Buffer<TypeParam> out(n * classes, layout(1));
      kernels::one_hot(TypeParam::stream(), given.data(), n, classes, out.data());
      EXPECT_TRUE(same_bits(out.values(), expected));
    });
  }
}

TYPED_TEST(OneHot, ExtremeLabelsAreOutside) {
  using Real = typename TypeParam::Real;
  const Buffer<TypeParam, std::int32_t> labels(std::vector<std::int32_t>{
      std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()});
  const Buffer<TypeParam> out(4);
  kernels::one_hot(TypeParam::stream(), labels.data(), 2, 2, out.data());
  EXPECT_TRUE(same_bits(out.values(), std::vector<Real>(4, 0)));
}

}  // namespace
}  // namespace kiln::test
