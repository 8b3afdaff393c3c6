// SPDX-License-Identifier: MIT
#include "engine/metrics/frechet.h"

#include "tests/engine/metrics/features.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using metrics::fit_gaussian;
using metrics::frechet_distance;
using metrics::Gaussian;

// numpy.mean(x, 0) and numpy.cov(x, rowvar=False), NumPy 2.4
TEST(Frechet, FitsMeanAndCovariance) {
  const Gaussian fit = fit_gaussian(matrix({1, 2, 4, 0, 3, -1, 2, 2, 2, 5, -1, 0}, 3));
  EXPECT_TRUE(near(fit.mean, std::vector<double>{2, 1.5, 1.25}, 1e-15, 0));
  EXPECT_TRUE(near(
      fit.covariance,
      std::vector<double>{4.666666666666666, -3.6666666666666665, -0.6666666666666666,
                          -3.6666666666666665, 3, 0.5, -0.6666666666666666, 0.5, 4.916666666666666},
      1e-15, 0));
}

// Covariances that commute: |m_a - m_b|^2 + sum (sqrt(a_i) - sqrt(b_i))^2.
TEST(Frechet, OfDiagonalGaussians) {
  const Gaussian a{{0, 0}, {1, 0, 0, 4}}, b{{3, 4}, {4, 0, 0, 9}};
  EXPECT_TRUE(near(frechet_distance(a, b), 27, 1e-14, 0));
  EXPECT_TRUE(near(frechet_distance(b, a), 27, 1e-14, 0));
  EXPECT_TRUE(near(frechet_distance(a, {{0, 0}, {0, 0, 0, 0}}), 5, 1e-14, 0));
}

// w, v = numpy.linalg.eigh(A); r = (v * numpy.sqrt(w)) @ v.T
// ((ma - mb)**2).sum() + numpy.trace(A + B) - 2 * numpy.sqrt(numpy.linalg.eigvalsh(r @ B @
// r)).sum()
TEST(Frechet, ValueOfNumpy) {
  const Gaussian a{{1, 0, 2}, {2, 0.5, 0, 0.5, 1, 0.2, 0, 0.2, 0.7}},
      b{{0, 0.5, 1}, {1, -0.3, 0.1, -0.3, 3, 0, 0.1, 0, 0.5}};
  EXPECT_TRUE(near(frechet_distance(a, b), 3.2359907171523137, 1e-13, 0));
  EXPECT_TRUE(near(frechet_distance(b, a), 3.2359907171523137, 1e-13, 0));
}

TEST(Frechet, OfShiftedFeatures) {
  const std::int64_t size = 64;
  std::vector<float> x = random_values<float>(500 * size, -1, 1, 1), shifted = x;
  for (std::size_t i = 0; i < x.size(); i += static_cast<std::size_t>(size)) shifted[i] += 2;
  const Gaussian a = fit_gaussian(matrix(x, size)), b = fit_gaussian(matrix(shifted, size));
  EXPECT_TRUE(near(frechet_distance(a, a), 0, 0, 1e-10));
  EXPECT_TRUE(near(frechet_distance(a, b), 4, 1e-6, 0));
}

// Fewer rows than columns: covariances without full rank.
TEST(Frechet, OfFewRows) {
  const std::vector<float> x = random_values<float>(5 * 20, -1, 1, 1);
  std::vector<float> scaled = x;
  for (float& value : scaled) value *= 2;
  const Gaussian a = fit_gaussian(matrix(x, 20)), b = fit_gaussian(matrix(scaled, 20));
  double expected = 0;  // b = 2a: |m|^2 + tr C
  for (std::size_t i = 0; i < 20; ++i) {
    expected += a.mean[i] * a.mean[i] + a.covariance[i * 20 + i];
  }
  EXPECT_TRUE(near(frechet_distance(a, b), expected, 1e-6, 0));
}

TEST(Frechet, Errors) {
  expect_error(
      [] {
        fit_gaussian(matrix({1, 2}, 2));
      },
      "[frechet] features: 1 rows are too few, at least 2 needed");
  expect_error(
      [] {
        fit_gaussian(matrix({1, 2, NAN, 4}, 2));
      },
      "[frechet] features: row 1 holds nan");
  expect_error(
      [] {
        fit_gaussian(matrix({1, -INFINITY, 3, 4}, 2));
      },
      "[frechet] features: row 0 holds -inf");
  const std::vector<float> three(3);
  expect_error(
      [&] {
        fit_gaussian({three, 2, 2});
      },
      "[frechet] 3 values are not features: 2 rows of 2 numbers");
  expect_error(
      [] {
        frechet_distance({{0}, {1}}, {{0, 0}, {1, 0, 0, 1}});
      },
      "[frechet] means of 1 and 2 numbers and covariances of 1 and 4 do not match");
}

}  // namespace
}  // namespace kiln::test
