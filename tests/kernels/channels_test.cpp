// SPDX-License-Identifier: MIT
#include "kernels/channels.h"

#include <cmath>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

struct ChannelSizes {
  std::int64_t batch, channels, pixels;
};

template <class Backend>
class Channels : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  // Calls f over sizes, with and without accumulation, aligned and not.
  template <class F>
  static void for_each_case(F f) {
    for (const ChannelSizes s : {ChannelSizes{2, 3, 4},
                                 {1, 1, 1},
                                 {0, 3, 4},
                                 {3, 0, 4},
                                 {3, 2, 0},
                                 {33, 5, 49},
                                 {7, 127, 31},
                                 {9, 2, 784},
                                 {1, 3, 4099}}) {
      for (const bool accumulate : {false, true}) {
        for (const unsigned misaligned : {0u, 1u, 2u, 3u}) {
          SCOPED_TRACE(::testing::Message()
                       << "batch " << s.batch << ", channels " << s.channels << ", pixels "
                       << s.pixels << (accumulate ? ", accumulate" : "") << ", misaligned "
                       << misaligned);
          f(s, accumulate, Layout{misaligned});
        }
      }
    }
  }

  static std::vector<Real> before(const std::vector<Real>& old, bool accumulate) {
    return accumulate ? old : std::vector<Real>(old.size(), static_cast<Real>(NAN));
  }
};
TYPED_TEST_SUITE(Channels, Backends, BackendNames);

TYPED_TEST(Channels, Sum) {
  using Real = typename TypeParam::Real;
  TestFixture::for_each_case([](ChannelSizes s, bool accumulate, Layout layout) {
    const auto x = random_integers<Real>(s.batch * s.channels * s.pixels, 64, 1);
    const auto old = random_integers<Real>(s.channels, 64, 2);
    std::vector<double> expected(old.size());
    if (accumulate) expected.assign(old.begin(), old.end());
    for (std::size_t i = 0; i < x.size(); ++i) {
      expected[i / static_cast<std::size_t>(s.pixels) % old.size()] += static_cast<double>(x[i]);
    }
    const Buffer<TypeParam> in(x, layout(0)), out(TestFixture::before(old, accumulate), layout(1));
    kernels::channel_sum(TypeParam::stream(), in.data(), s.batch, s.channels, s.pixels, out.data(),
                         accumulate);
    EXPECT_TRUE(near(out.values(), expected, 0, 0));
  });
}

TYPED_TEST(Channels, Broadcast) {
  using Real = typename TypeParam::Real;
  TestFixture::for_each_case([](ChannelSizes s, bool accumulate, Layout layout) {
    const auto v = random_integers<Real>(s.channels, 64, 1);
    const auto old = random_integers<Real>(s.batch * s.channels * s.pixels, 64, 2);
    std::vector<double> expected(old.size());
    for (std::size_t i = 0; i < old.size(); ++i) {
      const Real value = v[i / static_cast<std::size_t>(s.pixels) % v.size()];
      expected[i] = static_cast<double>(accumulate ? old[i] + value : value);
    }
    const Buffer<TypeParam> in(v, layout(0)), out(TestFixture::before(old, accumulate), layout(1));
    kernels::broadcast_channels(TypeParam::stream(), in.data(), s.batch, s.channels, s.pixels,
                                out.data(), accumulate);
    EXPECT_TRUE(near(out.values(), expected, 0, 0));
  });
}

TYPED_TEST(Channels, SumOfReals) {
  using Real = typename TypeParam::Real;
  constexpr std::int64_t kBatch = 65, kChannels = 3, kPixels = 197;
  const auto x = random_values<Real>(kBatch * kChannels * kPixels, -1, 1, 1);
  std::vector<double> expected(kChannels), magnitude(kChannels);
  for (std::size_t i = 0; i < x.size(); ++i) {
    expected[i / kPixels % kChannels] += static_cast<double>(x[i]);
    magnitude[i / kPixels % kChannels] += std::abs(static_cast<double>(x[i]));
  }
  const Buffer<TypeParam> in(x), out(kChannels), again(kChannels);
  for (const auto* target : {&out, &again}) {
    kernels::channel_sum(TypeParam::stream(), in.data(), kBatch, kChannels, kPixels, target->data(),
                         false);
  }
  EXPECT_TRUE(near_each(out.values(), expected,
                        [&](std::size_t i) { return 100 * kEpsilon<TypeParam> * magnitude[i]; }));
  EXPECT_TRUE(same_bits(out.values(), again.values()));
}

}  // namespace
}  // namespace kiln::test
