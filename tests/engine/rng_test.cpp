// SPDX-License-Identifier: MIT
#include "engine/rng.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using RngTest = PlaceTest;

double correlation(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    ab += x * y, aa += x * x, bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

TEST_P(RngTest, SeedsDecideTheSequence) {
  Rng a(1, device()), same(1, device()), other(2, device());
  for (int draw = 0; draw < 3; ++draw) {
    const std::vector<float> values = a.normal({1000}).to_host<float>();
    EXPECT_TRUE(same_bits(values, same.normal({1000}).to_host<float>()));
    EXPECT_LT(std::abs(correlation(values, other.normal({1000}).to_host<float>())), 0.15);
  }
  EXPECT_EQ(a.seed(), 1u);
}

TEST_P(RngTest, DrawsAreFreshAndCounted) {
  Rng rng(1, device());
  const std::vector<float> first = rng.normal({1000}).to_host<float>();
  EXPECT_LT(std::abs(correlation(first, rng.normal({1000}).to_host<float>())), 0.15);
  rng.uniform({3});
  EXPECT_EQ(rng.counter().to_host<std::uint64_t>()[0], 3u);
}

// The device's numbers are the CPU's: uniforms bit for bit, normals nearly.
TEST_P(RngTest, EveryDeviceDrawsTheSame) {
  Rng here(7, device()), on_cpu(7, Device::cpu());
  for (const std::int64_t n : {0, 1, 3, 4, 5, 1031}) {
    EXPECT_TRUE(
        same_bits(here.uniform({n}).to_host<float>(), on_cpu.uniform({n}).to_host<float>()));
    EXPECT_TRUE(
        near(here.normal({n}).to_host<float>(), on_cpu.normal({n}).to_host<float>(), 1e-5, 1e-5));
  }
}

TEST_P(RngTest, Distributions) {
  Rng rng(3, device());
  constexpr std::int64_t n = 20000;
  double sum = 0, squares = 0;
  for (const float value : rng.normal({n}).to_host<float>()) {
    sum += value, squares += static_cast<double>(value) * value;
  }
  EXPECT_NEAR(sum / n, 0, 0.03);
  EXPECT_NEAR(squares / n, 1, 0.04);
  double total = 0;
  for (const float value : rng.uniform({n}).to_host<float>()) {
    EXPECT_GT(value, 0);
    EXPECT_LE(value, 1);
    total += value;
  }
  EXPECT_NEAR(total / n, 0.5, 0.01);
}

TEST_P(RngTest, IntoFillsATensorOfItsDtype) {
  Rng a(5, device()), b(5, device());
  const Tensor out = Tensor::empty({9}, device(), dtype());
  a.uniform_into(out);
  EXPECT_TRUE(near(values_of(out), values_of(b.uniform({9})), 1e-6, 0));
  a.normal_into(out);
  EXPECT_TRUE(near(values_of(out), values_of(b.normal({9})), 1e-5, 1e-5));
}

TEST_P(RngTest, RefusesAnotherDevice) {
  if (device().is_cpu()) GTEST_SKIP() << "needs two devices";
  Rng rng(1, Device::cpu());
  const Tensor out = Tensor::empty({4}, device());
  expect_error([&] { rng.uniform_into(out); },
               "[uniform] the generator is on cpu, the output on cuda");
  expect_error([&] { rng.normal_into(out); },
               "[normal] the generator is on cpu, the output on cuda");
}

// Seeds of neighbouring purposes and seeds differ in about half of their bits, and never meet.
TEST(DeriveSeedTest, Spreads) {
  std::set<std::uint64_t> seen;
  int differing = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::uint64_t purpose = 0; purpose < 100; ++purpose) {
      const std::uint64_t derived = derive_seed(seed, purpose);
      seen.insert(derived);
      differing += __builtin_popcountll(derived ^ derive_seed(seed, purpose + 1));
      differing += __builtin_popcountll(derived ^ derive_seed(seed + 1, purpose));
    }
  }
  EXPECT_EQ(seen.size(), 10000u);
  EXPECT_NEAR(differing / 20000.0, 32, 0.3);
}

// The first outputs of SplitMix64 from 0, as published with its reference implementation.
TEST(DeriveSeedTest, IsSplitMix64) {
  EXPECT_EQ(derive_seed(0, 0), 0xE220A8397B1DCDAFu);
  EXPECT_EQ(derive_seed(0, 1), 0x6E789E6AA1B965F4u);
  EXPECT_EQ(derive_seed(0, 2), 0x06C45D188009454Fu);
}

KILN_ON_EVERY_PLACE(RngTest);

}  // namespace
}  // namespace kiln::test
