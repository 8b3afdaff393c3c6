// SPDX-License-Identifier: MIT
#include "kernels/noise.h"

#include <cmath>

#include "kernels/philox.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

constexpr std::uint64_t kSeed = 0x123456789abcdef;

// What the header promises of element i: curand_uniform of its word, in float.
float expected_uniform(std::uint64_t seed, std::uint64_t draw, std::size_t i) {
  const auto word = kernels::philox_quad(seed, draw, i / 4)[i % 4];
  return std::fma(static_cast<float>(word), 0x1p-32f, 0x1p-33f);
}

// Box-Muller in double on curand's two uniforms of the pair that element i belongs to.
double expected_normal(std::uint64_t seed, std::uint64_t draw, std::size_t i) {
  const auto words = kernels::philox_quad(seed, draw, i / 4);
  const std::size_t pair = i % 4 / 2 * 2;
  const double u = std::fma(static_cast<float>(words[pair]), 0x1p-32f, 0x1p-33f);
  const double angle = (words[pair + 1] + 0.5) * 0x1p-32 * 6.283185307179586;
  return std::sqrt(-2 * std::log(u)) * (i % 2 == 0 ? std::sin(angle) : std::cos(angle));
}

template <class Backend>
class Noise : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;
  using Counter = Buffer<Backend, std::uint64_t>;

  static std::vector<Real> uniform(std::uint64_t draw, std::int64_t n, Layout layout = {},
                                   std::uint64_t seed = kSeed) {
    const Counter counter(std::vector<std::uint64_t>{draw});
    const Buffer<Backend> out(n, layout(0));
    kernels::random_uniform(Backend::stream(), seed, counter.data(), out.data(), n);
    return out.values();
  }
  static std::vector<Real> normal(std::uint64_t draw, std::int64_t n, Layout layout = {},
                                  std::uint64_t seed = kSeed) {
    const Counter counter(std::vector<std::uint64_t>{draw});
    const Buffer<Backend> out(n, layout(0));
    kernels::random_normal(Backend::stream(), seed, counter.data(), out.data(), n);
    return out.values();
  }
};
TYPED_TEST_SUITE(Noise, Backends, BackendNames);

constexpr std::int64_t kSamples = 100003;

template <class F>
void for_each_seed_and_draw(F f) {
  for (const std::uint64_t seed : {std::uint64_t{0}, kSeed, ~std::uint64_t{0}}) {
    // Draws on both sides of 2^30 and 2^32, where an offset in words or a half counter would wrap.
    for (const std::uint64_t draw : {0ull, 1ull, 0x3fffffffull, 0x40000000ull, 0x200000005ull}) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", draw " << draw);
      f(seed, draw);
    }
  }
}

// So the bits are equal on every backend.
TYPED_TEST(Noise, UniformsAreCurandsBits) {
  for_each_size([](std::int64_t n, Layout layout) {
    for_each_seed_and_draw([&](std::uint64_t seed, std::uint64_t draw) {
      std::vector<typename TypeParam::Real> expected;
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        expected.push_back(expected_uniform(seed, draw, i));
      }
      EXPECT_TRUE(same_bits(TestFixture::uniform(draw, n, layout, seed), expected));
    });
  });
}

TYPED_TEST(Noise, NormalsAreBoxMuller) {
  for_each_size([](std::int64_t n, Layout layout) {
    for_each_seed_and_draw([&](std::uint64_t seed, std::uint64_t draw) {
      std::vector<double> expected;
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        expected.push_back(expected_normal(seed, draw, i));
      }
      EXPECT_TRUE(near(TestFixture::normal(draw, n, layout, seed), expected, 0, 1e-5));
    });
  });
}

TYPED_TEST(Noise, ManyNormalsAreBoxMuller) {
  std::vector<double> expected;
  for (std::size_t i = 0; i < kSamples; ++i) expected.push_back(expected_normal(kSeed, 3, i));
  EXPECT_TRUE(near(TestFixture::normal(3, kSamples), expected, 0, 1e-5));
}

TYPED_TEST(Noise, AnElementDoesNotDependOnHowManyFollow) {
  const auto uniforms = TestFixture::uniform(5, 1030), normals = TestFixture::normal(5, 1030);
  for_each_size([&](std::int64_t n, Layout layout) {
    EXPECT_TRUE(
        same_bits(TestFixture::uniform(5, n, layout), {uniforms.begin(), uniforms.begin() + n}));
    EXPECT_TRUE(
        same_bits(TestFixture::normal(5, n, layout), {normals.begin(), normals.begin() + n}));
  });
}

TYPED_TEST(Noise, CounterAdvancesByOneDraw) {
  const typename TestFixture::Counter counter(std::vector<std::uint64_t>{0xffffffff});
  const Buffer<TypeParam> out(100);
  kernels::random_uniform(TypeParam::stream(), kSeed, counter.data(), out.data(), out.size());
  EXPECT_EQ(counter.values()[0], 0x100000000u);
  kernels::random_normal(TypeParam::stream(), kSeed, counter.data(), out.data(), out.size());
  EXPECT_TRUE(same_bits(out.values(), TestFixture::normal(0x100000000, 100)));
  EXPECT_EQ(counter.values()[0], 0x100000001u);
  kernels::random_normal(TypeParam::stream(), kSeed, counter.data(), out.data(), 0);
  EXPECT_EQ(counter.values()[0], 0x100000002u);
  // A draw of many blocks moves it once, too.
  const Buffer<TypeParam> large(kSamples);
  kernels::random_uniform(TypeParam::stream(), kSeed, counter.data(), large.data(), large.size());
  EXPECT_EQ(counter.values()[0], 0x100000003u);
}

double mean_power(const auto& values, int power) {
  double sum = 0;
  for (const auto value : values) sum += std::pow(static_cast<double>(value), power);
  return sum / static_cast<double>(values.size());
}

TYPED_TEST(Noise, Moments) {
  const double deviation = 1 / std::sqrt(static_cast<double>(kSamples));
  const auto uniforms = TestFixture::uniform(11, kSamples);
  EXPECT_NEAR(mean_power(uniforms, 1), 0.5, 4 * std::sqrt(1.0 / 12) * deviation);
  EXPECT_NEAR(mean_power(uniforms, 2), 1.0 / 3, 4 * std::sqrt(4.0 / 45) * deviation);
  for (const auto value : uniforms) ASSERT_TRUE(value > 0 && value <= 1) << value;
  const auto normals = TestFixture::normal(11, kSamples);
  EXPECT_NEAR(mean_power(normals, 1), 0, 4 * deviation);
  EXPECT_NEAR(mean_power(normals, 2), 1, 4 * std::sqrt(2.0) * deviation);
  EXPECT_NEAR(mean_power(normals, 3), 0, 4 * std::sqrt(15.0) * deviation);
  EXPECT_NEAR(mean_power(normals, 4), 3, 4 * std::sqrt(96.0) * deviation);
}

TYPED_TEST(Noise, DrawsSeedsAndNeighboursAreUncorrelated) {
  const auto first = TestFixture::normal(20, kSamples);
  const auto expect_uncorrelated = [&](const auto& second, std::size_t lag, const char* what) {
    double sum = 0;
    for (std::size_t i = lag; i < first.size(); ++i) {
      sum += static_cast<double>(first[i]) * static_cast<double>(second[i - lag]);
    }
    const double n = static_cast<double>(first.size() - lag);
    EXPECT_NEAR(sum / n, 0, 4 / std::sqrt(n)) << what;
  };
  expect_uncorrelated(TestFixture::normal(21, kSamples), 0, "the next draw");
  expect_uncorrelated(TestFixture::normal(21, kSamples), 4, "the next draw's next quad");
  expect_uncorrelated(TestFixture::normal(20, kSamples, {}, kSeed + 1), 0, "the next seed");
  for (const std::size_t lag : {1, 2, 3, 4}) expect_uncorrelated(first, lag, "neighbours");
}

}  // namespace
}  // namespace kiln::test
