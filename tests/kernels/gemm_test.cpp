// SPDX-License-Identifier: MIT
#include "kernels/gemm.h"

#include <type_traits>

#include "tests/kernels/activations.h"
#include "tests/kernels/gemm_problem.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Activation;
using kernels::ActivationKind;

#ifdef KILN_HAS_CUDA
template <kernels::GemmBackend kBackend>
struct CudaGemm : CudaFloat {
  static constexpr const char* name =
      kBackend == kernels::GemmBackend::kiln ? "CudaKiln" : "CudaCublas";
  static void select() { kernels::set_cuda_gemm_backend(kBackend); }
};
using GemmBackends = ::testing::Types<CpuFloat, CpuDouble, CudaGemm<kernels::GemmBackend::kiln>,
                                      CudaGemm<kernels::GemmBackend::cublas>>;
template <class Backend>
constexpr bool kReluMayDropNan = std::is_same_v<Backend, CpuFloat> ||
                                 std::is_same_v<Backend, CudaGemm<kernels::GemmBackend::cublas>>;
#else
using GemmBackends = Backends;
template <class Backend>
constexpr bool kReluMayDropNan = std::is_same_v<Backend, CpuFloat>;
#endif

template <class Backend>
class Gemm : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  void SetUp() override {
    if constexpr (requires { Backend::select(); }) Backend::select();
    BackendTest<Backend>::SetUp();
  }

  static void expect_exact(const GemmCase& shape, Layout layout = {}) {
    SCOPED_TRACE(::testing::Message() << shape << ", misaligned " << layout.misaligned);
    const auto in = GemmInputs<Real>::integers(shape);
    EXPECT_TRUE(near(run_gemm<Backend>(shape, in, layout), GemmReference(shape, in).c, 0, 0));
  }

  // A sum of k products in any order, bias and activation: at most (k + c) eps of its magnitude.
  static void expect_near(const GemmCase& shape) {
    SCOPED_TRACE(::testing::Message() << shape);
    const auto in = GemmInputs<Real>::reals(shape);
    const GemmReference expected(shape, in);
    EXPECT_TRUE(near_each(run_gemm<Backend>(shape, in), expected.c, [&](std::size_t i) {
      return (static_cast<double>(shape.k) * expected.magnitude[i] +
              16 * (1 + expected.magnitude[i])) *
             kEpsilon<Backend>;
    }));
  }
};
TYPED_TEST_SUITE(Gemm, GemmBackends, BackendNames);

constexpr GemmCase kShapes[] = {{1, 1, 1},      {1, 1, 33},   {1, 33, 17},  {33, 1, 17},
                                {31, 33, 32},   {32, 32, 32}, {64, 64, 16}, {65, 63, 31},
                                {127, 127, 33}, {5, 130, 71}, {4, 1, 260},  {1, 128, 1},
                                {3, 5, 0},      {1, 1, 0},    {0, 5, 3},    {5, 0, 3}};

TYPED_TEST(Gemm, IntegersAreExact) {
  for (const GemmCase& shape : kShapes) {
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

// More tiles than most GPUs have multiprocessors: a kernel may choose other tiles here.
TYPED_TEST(Gemm, ManyTilesAreExact) {
  for (GemmCase c : transposes_of({705, 577, 19})) {
    c.bias = !c.transpose_a;
    c.accumulate = c.transpose_a;
    TestFixture::expect_exact(c, Layout{c.transpose_b ? 0u : 8u});
  }
  TestFixture::expect_exact({704, 576, 20, false, true});
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
    for (const GemmCase& shape : {GemmCase{33, 65, 127}, GemmCase{64, 32, 48}, GemmCase{7, 9, 0}}) {
      for (GemmCase c : transposes_of(shape)) {
        c.activation = activation;
        TestFixture::expect_near(c);
        c.bias = true;
        TestFixture::expect_near(c);
      }
    }
  });
}

// The layers of the MNIST GAN at batch 64: in and out.
TYPED_TEST(Gemm, LayersOfTheMnistGan) {
  constexpr std::int64_t kBatch = 64;
  constexpr std::int64_t kLayers[][2] = {{100, 128}, {128, 256}, {256, 512}, {512, 784},
                                         {784, 256}, {256, 128}, {128, 1}};
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
  for (const GemmCase& c : transposes_of({65, 130, 257})) {
    const auto in = GemmInputs<typename TypeParam::Real>::reals(c);
    EXPECT_TRUE(same_bits(run_gemm<TypeParam>(c, in), run_gemm<TypeParam>(c, in))) << c;
  }
}

TYPED_TEST(Gemm, NanReachesItsRowAndNoOther) {
  for_each_activation([](Activation activation) {
    // The exception that gemm.h names.
    if (kReluMayDropNan<TypeParam> && activation.kind == ActivationKind::relu) return;
    GemmCase c = {33, 35, 9};
    c.bias = true;
    c.activation = activation;
    auto in = GemmInputs<typename TypeParam::Real>::reals(c);
    in.a[4 * 9 + 5] = static_cast<typename TypeParam::Real>(NAN);
    const auto out = run_gemm<TypeParam>(c, in);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < out.size(); ++i) wrong += std::isnan(out[i]) != (i / 35 == 4);
    EXPECT_EQ(wrong, 0u);
  });
}

}  // namespace
}  // namespace kiln::test
