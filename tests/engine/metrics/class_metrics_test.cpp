// SPDX-License-Identifier: MIT
// The metrics of class probabilities.
#include "engine/metrics/class_coverage.h"
#include "engine/metrics/classifier_score.h"
#include "tests/engine/metrics/features.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using metrics::class_coverage;
using metrics::ClassCoverage;
using metrics::classifier_score;

// Each class in turn, with certainty.
std::vector<float> sure_of(const std::vector<std::size_t>& labels, std::size_t classes) {
  std::vector<float> p(labels.size() * classes, 0);
  for (std::size_t i = 0; i < labels.size(); ++i) p[i * classes + labels[i]] = 1;
  return p;
}

TEST(ClassifierScore, AtItsEnds) {
  EXPECT_TRUE(near(classifier_score(matrix(std::vector<float>(30, 0.1f), 10)), 1, 1e-6, 0));
  EXPECT_TRUE(near(classifier_score(matrix(sure_of({3, 3, 3}, 10), 10)), 1, 1e-14, 0));
  EXPECT_TRUE(near(classifier_score(matrix(sure_of({0, 1, 2, 3, 3, 2, 1, 0}, 4), 4)), 4, 1e-14, 0));
}

// q = p.mean(0)
// numpy.exp(numpy.where(p > 0, p * (numpy.log(p) - numpy.log(q)), 0).sum(1).mean()), NumPy 2.4
TEST(ClassifierScore, ValueOfNumpy) {
  const std::vector<float> p = {0.7f, 0.2f, 0.1f, 0.1f, 0.8f, 0.1f, 0, 0.5f, 0.5f, 1, 0, 0};
  EXPECT_TRUE(near(classifier_score(matrix(p, 3)), 1.64651290949973, 1e-7, 0));
}

TEST(ClassCoverageTest, CountsTheMostProbable) {
  const std::vector<float> p = {0.6f, 0.4f, 0, 0.5f, 0.5f, 0, 0.1f, 0.2f, 0.7f, 1, 0, 0};
  const ClassCoverage classes = class_coverage(matrix(p, 3));
  EXPECT_EQ(classes.shares, (std::vector<double>{0.75, 0, 0.25}));
  EXPECT_TRUE(near(classes.entropy, -(0.75 * std::log(0.75) + 0.25 * std::log(0.25)), 1e-14, 0));
  EXPECT_EQ(classes.covered, 2);
  EXPECT_EQ(classes.least(), 0);
  EXPECT_EQ(classes.most(), 0.75);
}

// Of 4 classes an even share is 25 %: a tenth of it is 1 of 40 images.
TEST(ClassCoverageTest, ATenthOfAnEvenShareCovers) {
  std::vector<std::size_t> labels(40, 0);
  labels[7] = 1;
  EXPECT_EQ(class_coverage(matrix(sure_of(labels, 4), 4)).covered, 2);
  labels.push_back(0);
  EXPECT_EQ(class_coverage(matrix(sure_of(labels, 4), 4)).covered, 1);
}

TEST(ClassMetrics, Errors) {
  expect_error(
      [] {
        classifier_score({{}, 0, 10});
      },
      "[classifier_score] probabilities: 0 rows are too few, at least 1 needed");
  expect_error(
      [] {
        classifier_score(matrix({0.5f, 0.5f, 0.5f, 0.75f}, 2));
      },
      "[classifier_score] row 1 holds no probabilities: its sum is 1.25");
  expect_error(
      [] {
        class_coverage(matrix({1.5f, -0.5f}, 2));
      },
      "[class_coverage] row 0 holds no probabilities: its sum is 1");
  expect_error(
      [] {
        class_coverage(matrix({NAN, 1}, 2));
      },
      "[class_coverage] probabilities: row 0 holds nan");
}

}  // namespace
}  // namespace kiln::test
