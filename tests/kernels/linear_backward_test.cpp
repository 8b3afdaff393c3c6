// SPDX-License-Identifier: MIT
#include "kernels/linear_backward.h"

#include <cmath>
#include <cstddef>

#include "tests/kernels/activations.h"
#include "tests/kernels/linear_backward_problem.h"

namespace kiln::test {
namespace {

using kernels::Activation;
using kernels::ActivationKind;
using kernels::Precision;

TYPED_TEST_SUITE(LinearBackward, GemmBackends, BackendNames);

TYPED_TEST(LinearBackward, EveryChoiceOfGradients) {
  TestFixture::for_each_gradient([](Gradient dweight, Gradient dbias, Gradient dx) {
    for (const ActivationKind kind :
         {ActivationKind::identity, ActivationKind::relu, ActivationKind::leaky_relu}) {
      const Activation activation = {kind, 0.25f};
      for (LinearCase c : {LinearCase{33, 40, 70}, LinearCase{7, 1, 3}, LinearCase{0, 5, 6},
                           LinearCase{5, 0, 6}, LinearCase{5, 6, 0}, LinearCase{70, 36, 700}}) {
        // One mask is enough for sums in parts.
        if (c.out == 700 && kind != ActivationKind::leaky_relu) continue;
        c.dweight = dweight;
        c.dbias = dbias;
        c.dx = dx;
        c.activation = activation;
        TestFixture::expect_exact(c);
      }
    }
  });
}

TYPED_TEST(LinearBackward, EveryPrecisionIsExactForSmallIntegers) {
  for_each_precision<TypeParam>([](Precision precision) {
    for (LinearCase c : {LinearCase{1, 1, 1}, LinearCase{31, 33, 127}, LinearCase{64, 32, 32},
                         LinearCase{400, 130, 31}, LinearCase{16, 480, 800}}) {
      c.precision = precision;
      TestFixture::expect_exact(c);
      c.activation = {ActivationKind::relu};
      c.dweight = c.dbias = c.dx = Gradient::accumulate;
      TestFixture::expect_exact(c);
    }
  });
}

TYPED_TEST(LinearBackward, MisalignedPointers) {
  for (LinearCase c : {LinearCase{36, 64, 20}, LinearCase{33, 31, 7}}) {
    for (const unsigned misaligned : {1u, 2u, 4u, 8u, 16u, 32u, 63u}) {
      c.activation = {misaligned < 16 ? ActivationKind::leaky_relu : ActivationKind::relu, 0.25f};
      c.dx = c.dweight = Gradient::store;
      TestFixture::expect_exact(c, Layout{misaligned});
      c.dx = c.dweight = Gradient::accumulate;
      TestFixture::expect_exact(c, Layout{misaligned});
    }
  }
}

TYPED_TEST(LinearBackward, RealsWithEveryActivation) {
  for_each_activation([](Activation activation) {
    for_each_precision<TypeParam>([&](Precision precision) {
      for (LinearCase c : {LinearCase{33, 65, 127}, LinearCase{40, 32, 500}}) {
        c.activation = activation;
        c.precision = precision;
        TestFixture::expect_near(c);
      }
    });
  });
}

// The layers of the MNIST GAN at batch 64: in and out.
TYPED_TEST(LinearBackward, LayersOfTheMnistGan) {
  constexpr std::int64_t kLayers[][2] = {{100, 128}, {128, 256}, {256, 512}, {512, 784},
                                         {784, 512}, {512, 256}, {256, 1}};
  for (const auto& [in, out] : kLayers) {
    LinearCase c = {64, in, out};
    c.activation = {ActivationKind::leaky_relu, 0.25f};
    TestFixture::expect_near(c);
  }
}

TYPED_TEST(LinearBackward, SameCallSameBits) {
  for_each_precision<TypeParam>([](Precision precision) {
    LinearCase c = {65, 66, 400};
    c.precision = precision;
    const auto in = LinearInputs<typename TypeParam::Real>::reals(c);
    const auto first = run_linear_backward<TypeParam>(c, in);
    const auto second = run_linear_backward<TypeParam>(c, in);
    EXPECT_TRUE(same_bits(first.dweight, second.dweight));
    EXPECT_TRUE(same_bits(first.dbias, second.dbias));
    EXPECT_TRUE(same_bits(first.dx, second.dx));
  });
}

TYPED_TEST(LinearBackward, NanReachesWhatItTouchesAndNoMore) {
  constexpr std::int64_t kBatch = 33, kIn = 35, kOut = 40;
  for_each_precision<TypeParam>([](Precision precision) {
    LinearCase c = {kBatch, kIn, kOut};
    c.precision = precision;
    auto in = LinearInputs<typename TypeParam::Real>::reals(c);
    in.dz[4 * kOut + 5] = static_cast<typename TypeParam::Real>(NAN);
    const auto result = run_linear_backward<TypeParam>(c, in);
    const auto wrong = [](const auto& values, auto expected) {
      std::size_t count = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        count += std::isnan(values[i]) != expected(static_cast<std::int64_t>(i));
      }
      return count;
    };
    EXPECT_EQ(wrong(result.dweight, [](std::int64_t i) { return i / kIn == 5; }), 0u);
    EXPECT_EQ(wrong(result.dbias, [](std::int64_t i) { return i == 5; }), 0u);
    EXPECT_EQ(wrong(result.dx, [](std::int64_t i) { return i / kIn == 4; }), 0u);
  });
}

}  // namespace
}  // namespace kiln::test
