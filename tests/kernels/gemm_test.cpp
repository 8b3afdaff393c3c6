// SPDX-License-Identifier: MIT
#include "kernels/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string_view>
#include <type_traits>

#include "tests/kernels/activations.h"
#include "tests/kernels/gemm_problem.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Activation;
using kernels::ActivationKind;
using kernels::Precision;

template <class Backend>
constexpr bool kReluMayDropNan = std::is_same_v<Backend, CpuFloat> ||
                                 std::string_view(Backend::name) == "CudaCublas";

template <class Backend>
class Gemm : public GemmBackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  static void expect_exact(const GemmCase& shape, Layout layout = {}) {
    SCOPED_TRACE(::testing::Message() << shape << ", misaligned " << layout.misaligned);
    const auto in = GemmInputs<Real>::integers(shape);
    EXPECT_TRUE(near(run_gemm<Backend>(shape, in, layout), GemmReference(shape, in).c, 0, 0));
  }

  static void expect_near(const GemmCase& shape) {
    SCOPED_TRACE(::testing::Message() << shape);
    const auto in = GemmInputs<Real>::reals(shape);
    const GemmReference expected(shape, in);
    EXPECT_TRUE(near_each(run_gemm<Backend>(shape, in), expected.c, [&](std::size_t i) {
      return product_tolerance<Backend>(shape.k, expected.magnitude[i], shape.precision);
    }));
  }
};
TYPED_TEST_SUITE(Gemm, GemmBackends, BackendNames);

constexpr GemmCase kProducts[] = {{1, 1, 1},      {1, 1, 33},   {1, 33, 17},  {33, 1, 17},
                                  {31, 33, 32},   {32, 32, 32}, {64, 64, 16}, {65, 63, 31},
                                  {127, 127, 33}, {5, 130, 71}, {4, 1, 260},  {1, 128, 1},
                                  {3, 5, 0},      {1, 1, 0},    {0, 5, 3},    {5, 0, 3},
                                  {40, 33, 700}};  // the last one divides k among blocks

TYPED_TEST(Gemm, IntegersAreExact) {
  for (const GemmCase& shape : kProducts) {
    for (GemmCase c : transposes_of(shape)) {
      TestFixture::expect_exact(c);
      c.bias = true;
      TestFixture::expect_exact(c);
      c.activation = {ActivationKind::relu};
      TestFixture::expect_exact(c);
      c.activation = {ActivationKind::leaky_relu, 0.25f};
      TestFixture::expect_exact(c);
      c.bias = false;
      TestFixture::expect_exact(c);
      c.activation = {};
      c.accumulate = true;
      TestFixture::expect_exact(c);
    }
  }
}

TYPED_TEST(Gemm, EveryPrecisionIsExactForSmallIntegers) {
  for_each_precision<TypeParam>([](Precision precision) {
    for (GemmCase shape : kProducts) {
      shape.precision = precision;
      for (GemmCase c : transposes_of(shape)) {
        c.bias = true;
        c.activation = {ActivationKind::leaky_relu, 0.25f};
        TestFixture::expect_exact(c);
        c.bias = false;
        c.activation = {};
        c.accumulate = true;
        TestFixture::expect_exact(c, Layout{15});
      }
    }
  });
}

// One number of C may be a sum of very many products.
TYPED_TEST(Gemm, LongSums) {
  for_each_precision<TypeParam>([](Precision precision) {
    for (GemmCase c : transposes_of({1, 2, kIsSanitized ? 1009 : 10007})) {
      c.precision = precision;
      TestFixture::expect_exact(c);
    }
  });
  TestFixture::expect_exact({1, 1, kIsSanitized ? kLargeSize / 32 : kLargeSize, true, false});
}

// More tiles than most GPUs have multiprocessors: a kernel may choose other tiles here.
TYPED_TEST(Gemm, ManyTilesAreExact) {
  for_each_precision<TypeParam>([](Precision precision) {
    if (kIsSanitized && precision != Precision::fp32 && precision != Precision::tf32) return;
    for (GemmCase c : transposes_of({705, 577, 19})) {
      c.precision = precision;
      c.bias = !c.transpose_a;
      c.accumulate = c.transpose_a;
      TestFixture::expect_exact(c, Layout{c.transpose_b ? 0u : 8u});
    }
    for (GemmCase c : transposes_of({704, 576, 20})) {
      c.precision = precision;
      TestFixture::expect_exact(c);
    }
  });
}

TYPED_TEST(Gemm, MisalignedPointers) {
  for (const GemmCase& shape : {GemmCase{64, 36, 20}, GemmCase{33, 31, 7}}) {
    for (GemmCase c : transposes_of(shape)) {
      for (const unsigned misaligned : {1u, 2u, 4u, 8u, 15u}) {
        c.bias = true;
        c.accumulate = false;
        TestFixture::expect_exact(c, Layout{misaligned});
        c.bias = false;
        c.accumulate = true;
        TestFixture::expect_exact(c, Layout{misaligned});
      }
    }
  }
}

TYPED_TEST(Gemm, RealsWithEveryActivation) {
  for_each_activation([](Activation activation) {
    for_each_precision<TypeParam>([&](Precision precision) {
      for (const GemmCase& shape :
           {GemmCase{33, 65, 127}, GemmCase{64, 32, 48}, GemmCase{7, 9, 0}}) {
        for (GemmCase c : transposes_of(shape)) {
          c.precision = precision;
          c.activation = activation;
          TestFixture::expect_near(c);
          c.bias = true;
          TestFixture::expect_near(c);
        }
      }
    });
  });
}

// The layers of the MNIST GAN at batch 64: in and out.
TYPED_TEST(Gemm, LayersOfTheMnistGan) {
  constexpr std::int64_t kBatch = 64;
  constexpr std::int64_t kLayers[][2] = {{100, 128}, {128, 256}, {256, 512}, {512, 784},
                                         {784, 512}, {512, 256}, {256, 1}};
  for (const auto& [in, out] : kLayers) {
    GemmCase forward = {kBatch, out, in, false, true};
    forward.bias = true;
    forward.activation = {ActivationKind::leaky_relu, 0.25f};
    TestFixture::expect_near(forward);
    TestFixture::expect_near({kBatch, in, out});
    GemmCase weight = {out, in, kBatch, true, false};
    weight.accumulate = true;
    TestFixture::expect_near(weight);
  }
}

TYPED_TEST(Gemm, SameCallSameBits) {
  for_each_precision<TypeParam>([](Precision precision) {
    for (GemmCase shape : {GemmCase{65, 66, 130}, GemmCase{64, 40, 400}}) {
      shape.precision = precision;
      for (const GemmCase& c : transposes_of(shape)) {
        const auto in = GemmInputs<typename TypeParam::Real>::reals(c);
        EXPECT_TRUE(same_bits(run_gemm<TypeParam>(c, in), run_gemm<TypeParam>(c, in))) << c;
      }
    }
  });
}

TYPED_TEST(Gemm, NanReachesItsRowAndNoOther) {
  for_each_activation([](Activation activation) {
    // The exception that gemm.h names.
    if (kReluMayDropNan<TypeParam> && activation.kind == ActivationKind::relu) return;
    for_each_precision<TypeParam>([&](Precision precision) {
      GemmCase c = {33, 35, 9};
      c.bias = true;
      c.activation = activation;
      c.precision = precision;
      auto in = GemmInputs<typename TypeParam::Real>::reals(c);
      in.a[4 * 9 + 5] = static_cast<typename TypeParam::Real>(NAN);
      const auto out = run_gemm<TypeParam>(c, in);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < out.size(); ++i) wrong += std::isnan(out[i]) != (i / 35 == 4);
      EXPECT_EQ(wrong, 0u);
    });
  });
}

// An infinite operand makes infinite products of their sign, and NaN only where IEEE does.
TYPED_TEST(Gemm, InfinitiesStayInfinite) {
  using Real = typename TypeParam::Real;
  constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
  for_each_precision<TypeParam>([&](Precision precision) {
    for (GemmCase c : transposes_of({2, 3, 40})) {
      c.precision = precision;
      // a[0][p] = inf at one p, where b holds 1, -pi and 0.
      GemmInputs<Real> in = {std::vector<Real>(80, Real(0.1)), std::vector<Real>(120, Real(0.3)),
                             std::vector<Real>(3), std::vector<Real>(6)};
      constexpr std::size_t kP = 21;
      in.a[c.transpose_a ? kP * 2 : kP] = kInfinity;
      const Real row[] = {1, Real(-3.14159265), 0};
      for (std::size_t j = 0; j < 3; ++j) in.b[c.transpose_b ? j * 40 + kP : kP * 3 + j] = row[j];
      const auto out = run_gemm<TypeParam>(c, in);
      EXPECT_EQ(out[0], kInfinity) << c;
      EXPECT_EQ(out[1], -kInfinity) << c;
      EXPECT_TRUE(std::isnan(out[2])) << c;
      for (std::size_t i = 3; i < 6; ++i) EXPECT_TRUE(std::isfinite(out[i])) << c;
    }
  });
}

#ifdef KILN_HAS_CUDA
// The last operands that float holds round to infinity as TF32, which tf32x3 must not show.
TEST(GemmPrecision, LargestFloatsStayFiniteInTf32x3) {
  CudaKilnGemm::select();
  if (!CudaKilnGemm::unusable().empty()) GTEST_SKIP() << CudaKilnGemm::unusable();
  GemmCase c = {1, 1, 1};
  c.precision = Precision::tf32x3;
  constexpr float kLargest = std::numeric_limits<float>::max();
  const GemmInputs<float> in = {{kLargest}, {0.5f}, {0}, {0}};
  EXPECT_TRUE(near(run_gemm<CudaKilnGemm>(c, in)[0], kLargest / 2, 0x1p-20, 0));
}

// A stream without scratch memory leaves k undivided.
TEST(GemmPrecision, NoScratchMemoryNoSplit) {
  CudaKilnGemm::select();
  if (!CudaKilnGemm::unusable().empty()) GTEST_SKIP() << CudaKilnGemm::unusable();
  constexpr std::int64_t kK = 784;
  const GemmCase c = {1, 1, kK};
  const auto in = GemmInputs<float>::reals(c);
  const Buffer<CudaKilnGemm> a(in.a), b(in.b), out(1);
  kernels::GemmArgs<float> args;
  args.m = args.n = 1;
  args.k = kK;
  args.a = a.data();
  args.b = b.data();
  args.c = out.data();
  kernels::gemm({CudaKilnGemm::stream().handle}, args);
  float chain = 0;
  for (std::size_t p = 0; p < kK; ++p) chain = std::fma(in.a[p], in.b[p], chain);
  EXPECT_EQ(out.values()[0], chain);
  EXPECT_NE(run_gemm<CudaKilnGemm>(c, in)[0], chain) << "k should be divided where it can";
}

// The largest errors of each precision, for docs/decisions/gemm.md.
TEST(GemmPrecision, ErrorsAgainstDouble) {
  CudaKilnGemm::select();
  if (!CudaKilnGemm::unusable().empty()) GTEST_SKIP() << CudaKilnGemm::unusable();
  if (kernels::cuda_device_info(0).major < 8) GTEST_SKIP() << "CUDA device has fp32 alone";
  double previous = 0;
  for (const Precision precision :
       {Precision::fp32, Precision::tf32x3, Precision::tf32, Precision::bf16}) {
    double worst = 0;
    for (const std::int64_t k : {32, 128, 784}) {
      GemmCase c = {32, 32, k, false, true};
      c.precision = precision;
      const auto in = GemmInputs<float>::reals(c);
      const GemmReference expected(c, in);
      const auto out = run_gemm<CudaKilnGemm>(c, in);
      double error = 0;
      for (std::size_t i = 0; i < out.size(); ++i) {
        const double relative = std::abs(out[i] - expected.c[i]) / expected.magnitude[i];
        ASSERT_TRUE(std::isfinite(relative));
        error = std::max(error, relative);
      }
      std::printf("%-7s k %4d  error / sum |terms| %.2e\n", name_of(precision), static_cast<int>(k),
                  error);
      worst = std::max(worst, error);
    }
    if (precision == Precision::tf32x3) {
      EXPECT_LT(worst, 4 * previous) << "tf32x3 is to be close to fp32";
    } else if (precision == Precision::tf32) {
      EXPECT_GT(worst, 16 * previous) << "tf32 should be in use";
    } else if (precision == Precision::bf16) {
      EXPECT_GT(worst, 2 * previous) << "bf16 should be in use";
    }
    previous = worst;
  }
}
#endif

}  // namespace
}  // namespace kiln::test
