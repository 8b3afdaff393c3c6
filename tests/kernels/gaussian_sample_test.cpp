// SPDX-License-Identifier: MIT
#include "kernels/gaussian_sample.h"

#include <cmath>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class GaussianSample : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  struct Case {
    std::int64_t rows, latent;
    std::vector<Real> parameters = random_values<Real>(2 * rows * latent, -2, 2, 1);
    std::vector<Real> noise = random_values<Real>(rows * latent, -3, 3, 2);
    std::vector<Real> dz = random_values<Real>(rows * latent, -1, 1, 3);
    std::vector<Real> old = random_values<Real>(2 * rows * latent, -1, 1, 4);

    double parameter(std::int64_t i, std::int64_t j) const {
      return static_cast<double>(parameters[static_cast<std::size_t>(i * 2 * latent + j)]);
    }
    double deviation(std::int64_t i, std::int64_t j) const {
      return std::exp(parameter(i, latent + j) / 2);
    }
  };

  template <class F>
  static void for_each_case(F f) {
    for (const auto& [rows, latent] :
         {std::pair{1, 1}, {0, 3}, {3, 0}, {31, 7}, {128, 20}, {5, 33}}) {
      for (const unsigned misaligned : {0u, 5u, 15u}) {
        SCOPED_TRACE(::testing::Message() << rows << " x " << latent);
        f(Case{rows, latent}, Layout{misaligned});
      }
    }
  }
};
TYPED_TEST_SUITE(GaussianSample, Backends, BackendNames);

template <class Real>
double at(const std::vector<Real>& values, std::int64_t i) {
  return static_cast<double>(values[static_cast<std::size_t>(i)]);
}

TYPED_TEST(GaussianSample, Forward) {
  TestFixture::for_each_case([](const auto& c, Layout layout) {
    std::vector<double> expected;
    for (std::int64_t i = 0; i < c.rows; ++i) {
      for (std::int64_t j = 0; j < c.latent; ++j) {
        expected.push_back(c.parameter(i, j) + at(c.noise, i * c.latent + j) * c.deviation(i, j));
      }
    }
    const Buffer<TypeParam> parameters(c.parameters, layout(0)), noise(c.noise, layout(1)),
        z(c.rows * c.latent, layout(2));
    kernels::gaussian_sample(TypeParam::stream(),
                             {parameters.data(), noise.data(), c.rows, c.latent}, z.data());
    EXPECT_TRUE(near(z.values(), expected, 8 * kEpsilon<TypeParam>, 8 * kEpsilon<TypeParam>));
  });
}

TYPED_TEST(GaussianSample, BackwardStoresAndAdds) {
  using Real = typename TypeParam::Real;
  TestFixture::for_each_case([](const auto& c, Layout layout) {
    for (const bool accumulate : {false, true}) {
      std::vector<double> expected(c.old.size());
      for (std::int64_t i = 0; i < c.rows; ++i) {
        for (std::int64_t j = 0; j < c.latent; ++j) {
          const std::int64_t mean = i * 2 * c.latent + j, z = i * c.latent + j;
          expected[static_cast<std::size_t>(mean)] = at(c.dz, z);
          expected[static_cast<std::size_t>(mean + c.latent)] =
              at(c.dz, z) * at(c.noise, z) * c.deviation(i, j) / 2;
        }
      }
      if (accumulate) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
          expected[i] += static_cast<double>(c.old[i]);
        }
      }
      const auto old = accumulate ? c.old : std::vector<Real>(c.old.size(), Real(NAN));
      const Buffer<TypeParam> parameters(c.parameters, layout(0)), noise(c.noise, layout(1)),
          dz(c.dz, layout(2)), gradient(old, layout(3));
      kernels::gaussian_sample_backward(TypeParam::stream(),
                                        {parameters.data(), noise.data(), c.rows, c.latent},
                                        dz.data(), gradient.data(), accumulate);
      EXPECT_TRUE(
          near(gradient.values(), expected, 8 * kEpsilon<TypeParam>, 8 * kEpsilon<TypeParam>));
    }
  });
}

}  // namespace
}  // namespace kiln::test
