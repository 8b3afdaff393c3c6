// SPDX-License-Identifier: MIT
#include "engine/metrics/parzen.h"

#include <numbers>

#include "tests/engine/metrics/features.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using metrics::choose_parzen_sigma;
using metrics::parzen_log_likelihood;
using metrics::ParzenEstimate;

TEST(Parzen, OfOneCentre) {
  const std::vector<float> centre(784, 0.5f), point(784, 0.25f);
  const ParzenEstimate there = parzen_log_likelihood(matrix(centre, 784), matrix(centre, 784), 0.2);
  const double normaliser = -392 * std::log(2 * std::numbers::pi * 0.04);
  EXPECT_TRUE(near(there.mean, normaliser, 1e-12, 0));
  EXPECT_EQ(there.standard_error, 0);
  const ParzenEstimate away = parzen_log_likelihood(matrix(centre, 784), matrix(point, 784), 0.2);
  EXPECT_TRUE(near(away.mean, normaliser - 784 * 0.0625 / 0.08, 1e-6, 0));
}

// l = numpy.log(numpy.exp(-d2 / (2 * s * s)).mean(1)) - numpy.log(2 * numpy.pi * s * s)
// l.mean(), l.std(ddof=1) / numpy.sqrt(2), NumPy 2.4, with d2 the squared distances and s = 0.5
TEST(Parzen, ValuesOfNumpy) {
  const ParzenEstimate result =
      parzen_log_likelihood(matrix({0, 0, 1, 0.5f, -1, 2}, 2), matrix({0.2f, 0.1f, 3, 3}, 2), 0.5);
  EXPECT_TRUE(near(result.mean, -11.74946901815021, 1e-6, 0));
  EXPECT_TRUE(near(result.standard_error, 10.300724419310342, 1e-6, 0));
}

// Far from every centre each exponential alone is 0.
TEST(Parzen, OfADistantPointIsFinite) {
  const ParzenEstimate result = parzen_log_likelihood(matrix({0, 1}, 1), matrix({1000}, 1), 0.1);
  EXPECT_TRUE(near(
      result.mean,
      -999.0 * 999 / 0.02 + std::log(0.5) - std::log(0.1) - 0.5 * std::log(2 * std::numbers::pi),
      1e-6, 0));
}

// Points at +-1 of one centre: the most likely sigma is 1.
TEST(Parzen, ChoosesTheLikeliestSigma) {
  const std::vector<double> candidates = {0.25, 0.5, 1, 2, 4};
  EXPECT_EQ(choose_parzen_sigma(matrix({0}, 1), matrix({-1, 1}, 1), candidates), 1);
  EXPECT_EQ(choose_parzen_sigma(matrix({0}, 1), matrix({-0.5f, 0.5f}, 1), candidates), 0.5);
}

TEST(Parzen, Errors) {
  const std::vector<float> x = {1, 2}, bad = {NAN, 2};
  for (const double sigma : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    EXPECT_THROW(parzen_log_likelihood(matrix(x, 1), matrix(x, 1), sigma), Error) << sigma;
  }
  expect_error([&] { parzen_log_likelihood(matrix(x, 1), matrix(x, 1), 0); },
               "[parzen] sigma 0 is not a number above 0");
  expect_error([&] { parzen_log_likelihood(matrix(bad, 1), matrix(x, 1), 1); },
               "[parzen] centres: row 0 holds nan");
  expect_error([&] { parzen_log_likelihood(matrix(x, 2), matrix(x, 1), 1); },
               "[parzen] centres has rows of 2 numbers, points of 1");
  expect_error([&] { choose_parzen_sigma(matrix(x, 1), matrix(x, 1), {}); },
               "[parzen] there is no sigma to choose from");
}

}  // namespace
}  // namespace kiln::test
