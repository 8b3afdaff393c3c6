// SPDX-License-Identifier: MIT
#include "kernels/conv.h"

#include <cmath>
#include <ostream>

#include "tests/kernels/activations.h"
#include "tests/kernels/gemm_backends.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Activation;
using kernels::ActivationKind;
using kernels::ConvShape;
using kernels::Precision;

enum class ConvProduct { forward, input_gradient, weight_gradient };
enum class ConvEnd { nothing, bias, derivative, accumulate };

struct ConvCase {
  ConvShape shape;
  ConvProduct product = ConvProduct::forward;
  ConvEnd end = ConvEnd::nothing;
  Activation activation = {};
  Precision precision = Precision::fp32;
};

std::ostream& operator<<(std::ostream& out, const ConvCase& c) {
  const ConvShape& s = c.shape;
  return out << "product " << static_cast<int>(c.product) << ", end " << static_cast<int>(c.end)
             << ", activation " << static_cast<int>(c.activation.kind) << ", x (" << s.batch << ','
             << s.in_channels << ',' << s.in_height << ',' << s.in_width << ") w ("
             << s.out_channels << ',' << s.in_channels << ',' << s.kernel_height << ','
             << s.kernel_width << ") stride " << s.stride << " padding " << s.padding << ' '
             << name_of(c.precision);
}

// Sizes of x, w and y, and of those that a product reads and makes.
struct ConvSizes {
  std::int64_t left, right, result, channels;

  explicit ConvSizes(const ConvCase& c) {
    const ConvShape& s = c.shape;
    const std::int64_t x = s.batch * s.in_channels * s.in_pixels();
    const std::int64_t w = s.out_channels * s.in_channels * s.kernel_size();
    const std::int64_t y = s.batch * s.out_channels * s.out_pixels();
    switch (c.product) {
      case ConvProduct::forward:
        left = x, right = w, result = y, channels = s.out_channels;
        return;
      case ConvProduct::input_gradient:
        left = y, right = w, result = x, channels = s.in_channels;
        return;
      case ConvProduct::weight_gradient:
        left = x, right = y, result = w, channels = 0;
        return;
    }
  }
};

template <class T>
struct ConvInputs {
  std::vector<T> left, right, bias, old;  // old: what the result held, or the derivative's place

  static ConvInputs integers(const ConvCase& c) {
    const ConvSizes sizes(c);
    return {random_integers<T>(sizes.left, 4, 1), random_integers<T>(sizes.right, 4, 2),
            random_integers<T>(sizes.channels, 64, 3), random_integers<T>(sizes.result, 64, 4)};
  }
  static ConvInputs reals(const ConvCase& c) {
    const ConvSizes sizes(c);
    return {random_values<T>(sizes.left, -1, 1, 1), random_values<T>(sizes.right, -1, 1, 2),
            random_values<T>(sizes.channels, -1, 1, 3), random_values<T>(sizes.result, -1, 1, 4)};
  }
};

// The result in double, and the same with every term's absolute value.
struct ConvReference {
  std::vector<double> value, magnitude;

  template <class T>
  ConvReference(const ConvCase& c, const ConvInputs<T>& in)
      : value(static_cast<std::size_t>(ConvSizes(c).result)), magnitude(value.size()) {
    const ConvShape& s = c.shape;
    const auto at = [](const std::vector<T>& values, std::int64_t i) {
      return static_cast<double>(values[static_cast<std::size_t>(i)]);
    };
    for (std::int64_t n = 0; n < s.batch; ++n) {
      for (std::int64_t o = 0; o < s.out_channels; ++o) {
        for (std::int64_t y = 0; y < s.out_pixels(); ++y) {
          for (std::int64_t channel = 0; channel < s.in_channels; ++channel) {
            for (std::int64_t k = 0; k < s.kernel_size(); ++k) {
              const std::int64_t row =
                  y / s.out_width() * s.stride - s.padding + k / s.kernel_width;
              const std::int64_t col =
                  y % s.out_width() * s.stride - s.padding + k % s.kernel_width;
              if (row < 0 || row >= s.in_height || col < 0 || col >= s.in_width) continue;
              const std::int64_t x_at =
                  (n * s.in_channels + channel) * s.in_pixels() + row * s.in_width + col;
              const std::int64_t y_at = (n * s.out_channels + o) * s.out_pixels() + y;
              const std::int64_t w_at = (o * s.in_channels + channel) * s.kernel_size() + k;
              switch (c.product) {
                case ConvProduct::forward:
                  add(y_at, at(in.left, x_at) * at(in.right, w_at));
                  break;
                case ConvProduct::input_gradient:
                  add(x_at, at(in.left, y_at) * at(in.right, w_at));
                  break;
                case ConvProduct::weight_gradient:
                  add(w_at, at(in.left, x_at) * at(in.right, y_at));
                  break;
              }
            }
          }
        }
      }
    }
    const std::int64_t pixels = c.product == ConvProduct::forward ? s.out_pixels() : s.in_pixels();
    kernels::with_activation(c.activation, [&](auto op) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        const double old = at(in.old, index);
        if (c.end == ConvEnd::bias) {
          add(index, at(in.bias, index / pixels % static_cast<std::int64_t>(in.bias.size())));
          value[i] = op.forward(value[i]);
        } else if (c.end == ConvEnd::derivative) {
          value[i] *= op.derivative(old, old);
          magnitude[i] *= std::abs(op.derivative(old, old)) + 1;  // the derivative errs too
        } else if (c.end == ConvEnd::accumulate) {
          add(index, old);
        }
      }
    });
  }

  void add(std::int64_t i, double term) {
    value[static_cast<std::size_t>(i)] += term;
    magnitude[static_cast<std::size_t>(i)] += std::abs(term);
  }
};

template <class Backend>
std::vector<typename Backend::Real> run_conv(const ConvCase& c,
                                             const ConvInputs<typename Backend::Real>& in,
                                             Layout layout = {}) {
  using Real = typename Backend::Real;
  const Buffer<Backend> left(in.left, layout(0)), right(in.right, layout(1)),
      bias(in.bias, layout(2)), derivative_at(in.old, layout(3));
  // Without accumulation the result may hold anything: it begins as NaN.
  std::vector<Real> old = in.old;
  if (c.end != ConvEnd::accumulate) old.assign(old.size(), static_cast<Real>(NAN));
  const Buffer<Backend> result(old, layout(4));
  kernels::ConvArgs<Real> args;
  args.shape = c.shape;
  args.left = left.data();
  args.right = right.data();
  args.result = result.data();
  args.bias = c.end == ConvEnd::bias ? bias.data() : nullptr;
  args.derivative_at = c.end == ConvEnd::derivative ? derivative_at.data() : nullptr;
  args.activation = c.activation;
  args.accumulate = c.end == ConvEnd::accumulate;
  args.precision = c.precision;
  switch (c.product) {
    case ConvProduct::forward:
      kernels::conv_forward(Backend::stream(), args);
      break;
    case ConvProduct::input_gradient:
      kernels::conv_input_gradient(Backend::stream(), args);
      break;
    case ConvProduct::weight_gradient:
      kernels::conv_weight_gradient(Backend::stream(), args);
      break;
  }
  return result.values();
}

#ifdef KILN_HAS_CUDA
using ConvBackends = ::testing::Types<CpuFloat, CpuDouble, CudaKilnGemm>;
#else
using ConvBackends = Backends;
#endif

template <class Backend>
class Conv : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  // Calls f(case) with each product of the shape and each way that it can end.
  template <class F>
  static void for_each_product(const ConvShape& shape, F f) {
    for (const ConvProduct product :
         {ConvProduct::forward, ConvProduct::input_gradient, ConvProduct::weight_gradient}) {
      for (const ConvEnd end :
           {ConvEnd::nothing, ConvEnd::bias, ConvEnd::derivative, ConvEnd::accumulate}) {
        const bool has_activation = end == ConvEnd::bias || end == ConvEnd::derivative;
        if (product == ConvProduct::weight_gradient && has_activation) continue;
        ConvCase c = {shape, product, end};
        if (has_activation) c.activation = {ActivationKind::leaky_relu, 0.25f};
        f(c);
      }
    }
  }

  static void expect_exact(const ConvCase& c, Layout layout = {}) {
    SCOPED_TRACE(::testing::Message() << c << ", misaligned " << layout.misaligned);
    const auto in = ConvInputs<Real>::integers(c);
    EXPECT_TRUE(near(run_conv<Backend>(c, in, layout), ConvReference(c, in).value, 0, 0));
  }

  static void expect_near(const ConvCase& c) {
    SCOPED_TRACE(::testing::Message() << c);
    const auto in = ConvInputs<Real>::reals(c);
    const ConvReference expected(c, in);
    const ConvShape& s = c.shape;
    std::int64_t terms = s.batch * s.out_pixels();
    if (c.product == ConvProduct::forward) terms = s.in_channels * s.kernel_size();
    if (c.product == ConvProduct::input_gradient) terms = s.out_channels * s.kernel_size();
    EXPECT_TRUE(near_each(run_conv<Backend>(c, in), expected.value, [&](std::size_t i) {
      return product_tolerance<Backend>(terms, expected.magnitude[i], c.precision);
    }));
  }
};
TYPED_TEST_SUITE(Conv, ConvBackends, BackendNames);

// batch, in channels, height, width, out channels, kernel height, width, stride, padding
const ConvShape kConvShapes[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 0}, {2, 3, 5, 7, 4, 3, 2, 1, 0},   {2, 3, 5, 7, 4, 3, 3, 1, 1},
    {3, 2, 8, 6, 5, 4, 4, 2, 1}, {2, 2, 9, 7, 3, 4, 4, 2, 1},   {2, 3, 11, 10, 2, 3, 5, 3, 2},
    {1, 2, 7, 7, 3, 2, 2, 3, 0}, {2, 1, 5, 5, 33, 5, 5, 1, 2},  {1, 17, 3, 4, 1, 1, 1, 2, 0},
    {2, 2, 2, 3, 3, 4, 5, 1, 3}, {33, 1, 1, 1, 31, 1, 1, 1, 0}, {2, 5, 1, 9, 6, 1, 4, 2, 1},
};

TYPED_TEST(Conv, ExactForSmallIntegers) {
  for (const ConvShape& shape : kConvShapes) {
    TestFixture::for_each_product(shape, [](const ConvCase& c) { TestFixture::expect_exact(c); });
  }
}

// Nothing in the batch, no channels on either side, no pixels inside the padding.
TYPED_TEST(Conv, EmptySums) {
  for (const ConvShape& shape :
       {ConvShape{0, 2, 4, 4, 3, 3, 3, 1, 1}, ConvShape{2, 0, 4, 4, 3, 3, 3, 1, 1},
        ConvShape{2, 3, 4, 4, 0, 3, 3, 1, 1}, ConvShape{2, 3, 0, 4, 2, 2, 3, 1, 1}}) {
    TestFixture::for_each_product(shape, [](const ConvCase& c) { TestFixture::expect_exact(c); });
  }
}

TYPED_TEST(Conv, MisalignedPointers) {
  for (const ConvShape& shape :
       {ConvShape{2, 4, 6, 6, 8, 4, 4, 2, 1}, ConvShape{2, 3, 5, 4, 5, 3, 3, 1, 1}}) {
    TestFixture::for_each_product(shape, [](const ConvCase& c) {
      for (const unsigned misaligned : {1u, 2u, 4u, 8u, 16u, 31u}) {
        TestFixture::expect_exact(c, Layout{misaligned});
      }
    });
  }
}

// More than a tile of everything, and long sums that blocks share.
TYPED_TEST(Conv, SeveralTilesAndSplits) {
  for (const ConvShape& shape :
       {ConvShape{2, 36, 7, 6, 40, 3, 3, 1, 1}, ConvShape{9, 35, 8, 7, 34, 4, 4, 2, 1}}) {
    TestFixture::for_each_product(shape, [](const ConvCase& c) {
      for_each_precision<TypeParam>([&](Precision precision) {
        // The epilogue is the same for every precision.
        if (precision != Precision::fp32 && c.end != ConvEnd::nothing) return;
        ConvCase with_precision = c;
        with_precision.precision = precision;
        TestFixture::expect_exact(with_precision);
      });
    });
  }
}

// Large tiles, which many rows and columns get.
TYPED_TEST(Conv, LargeTiles) {
  if (kIsSanitized) GTEST_SKIP() << "too long under a sanitizer";
  TestFixture::for_each_product({3, 65, 40, 37, 66, 1, 2, 1, 1}, [](const ConvCase& c) {
    if (c.end == ConvEnd::nothing || c.end == ConvEnd::bias) TestFixture::expect_exact(c);
  });
  // Many output channels and taps, for the weight gradient.
  TestFixture::expect_exact({{1, 128, 5, 5, 130, 4, 4, 1, 0}, ConvProduct::weight_gradient});
}

TYPED_TEST(Conv, RealsWithEveryActivation) {
  for_each_activation([](Activation activation) {
    TestFixture::for_each_product({3, 4, 9, 8, 6, 4, 4, 2, 1}, [&](ConvCase c) {
      if (c.activation.kind == ActivationKind::identity) return;
      for_each_precision<TypeParam>([&](Precision precision) {
        c.activation = activation;
        c.precision = precision;
        TestFixture::expect_near(c);
      });
    });
  });
}

// The layers of a DCGAN for 28 x 28 images.
TYPED_TEST(Conv, LayersOfDcgan) {
  for (const ConvShape& shape :
       {ConvShape{4, 1, 28, 28, 32, 4, 4, 2, 1}, ConvShape{4, 32, 14, 14, 64, 4, 4, 2, 1}}) {
    for (const ConvProduct product :
         {ConvProduct::forward, ConvProduct::input_gradient, ConvProduct::weight_gradient}) {
      TestFixture::expect_near({shape, product});
    }
  }
}

TYPED_TEST(Conv, SameCallSameBits) {
  TestFixture::for_each_product({9, 35, 12, 11, 34, 4, 4, 2, 1}, [](const ConvCase& c) {
    const auto in = ConvInputs<typename TypeParam::Real>::reals(c);
    EXPECT_TRUE(same_bits(run_conv<TypeParam>(c, in), run_conv<TypeParam>(c, in)));
  });
}

// A NaN in the left operand reaches the elements that it is a term of, and no others: what lies
// beside an image, or between two pixels of a stride, is not multiplied by 0 but left out.
TYPED_TEST(Conv, NanReachesWhatItTouchesAndNoMore) {
  using Real = typename TypeParam::Real;
  for (const ConvProduct product : {ConvProduct::forward, ConvProduct::input_gradient}) {
    const ConvCase c = {{2, 2, 8, 8, 3, 4, 4, 2, 1}, product};
    auto in = ConvInputs<Real>::reals(c);
    const auto clean = run_conv<TypeParam>(c, in);
    const std::size_t at = in.left.size() / 2 + 1;
    in.left[at] = static_cast<Real>(NAN);
    const auto result = run_conv<TypeParam>(c, in);
    const ConvReference expected(c, in);
    std::size_t touched = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
      EXPECT_EQ(std::isnan(result[i]), std::isnan(expected.value[i])) << c << " at " << i;
      touched += std::isnan(expected.value[i]);
      if (!std::isnan(result[i])) {
        EXPECT_NEAR(result[i], clean[i], 1e-5);
      }
    }
    EXPECT_GT(touched, 0u);
    EXPECT_LT(touched, result.size() / 4);
  }
}

}  // namespace
}  // namespace kiln::test
