// SPDX-License-Identifier: MIT
#include "kernels/dropout.h"

#include <cmath>

#include "kernels/noise.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class DropoutKernels : public BackendTest<Backend> {};
TYPED_TEST_SUITE(DropoutKernels, Backends, BackendNames);

constexpr std::uint64_t kMaskSeed = 0x123456789abcdef;

// The mask follows from the uniforms of noise.h, the bits of which are the same everywhere.
TYPED_TEST(DropoutKernels, MaskComesFromTheUniforms) {
  using Real = typename TypeParam::Real;
  for (const float rate : {0.0f, 0.2f, 0.5f, 1.0f}) {
    for_each_size([&](std::int64_t n, Layout layout) {
      const Buffer<CpuFloat, std::uint64_t> cpu_counter(std::vector<std::uint64_t>{7});
      const Buffer<CpuFloat> uniforms(n);
      kernels::random_uniform(CpuFloat::stream(), kMaskSeed, cpu_counter.data(), uniforms.data(),
                              n);
      const auto x = random_values<Real>(n, -1, 1, 1);
      std::vector<Real> mask, y;
      for (const float u : uniforms.values()) {
        mask.push_back(u > rate ? static_cast<Real>(1 / (1 - rate)) : 0);
        y.push_back(x[mask.size() - 1] * mask.back());
      }
      const Buffer<TypeParam, std::uint64_t> counter(std::vector<std::uint64_t>{7});
      const Buffer<TypeParam> xs(x, layout(0)), masks(n, layout(1)), ys(n, layout(2));
      kernels::dropout(TypeParam::stream(), kMaskSeed, counter.data(), rate, xs.data(),
                       masks.data(), ys.data(), n);
      EXPECT_TRUE(same_bits(masks.values(), mask)) << rate;
      EXPECT_TRUE(same_bits(ys.values(), y)) << rate;
      EXPECT_EQ(counter.values()[0], 8u);
    });
  }
}

TYPED_TEST(DropoutKernels, DropsItsShare) {
  using Real = typename TypeParam::Real;
  constexpr std::int64_t kCount = 100003;
  const double deviation = std::sqrt(0.3 * 0.7 / kCount);
  const Buffer<TypeParam> x(std::vector<Real>(kCount, 1)), mask(kCount), y(kCount);
  const Buffer<TypeParam, std::uint64_t> counter(std::vector<std::uint64_t>{0});
  kernels::dropout(TypeParam::stream(), kMaskSeed, counter.data(), 0.3f, x.data(), mask.data(),
                   y.data(), kCount);
  double dropped = 0;
  for (const Real value : y.values()) dropped += value == 0;
  EXPECT_NEAR(dropped / kCount, 0.3, 4 * deviation);
}

}  // namespace
}  // namespace kiln::test
