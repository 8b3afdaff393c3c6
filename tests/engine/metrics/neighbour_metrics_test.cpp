// SPDX-License-Identifier: MIT
// The metrics of distances between rows.
#include "engine/metrics/distances.h"
#include "engine/metrics/memorisation.h"
#include "engine/metrics/precision_recall.h"
#include "tests/engine/metrics/features.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using metrics::DistanceBlock;
using metrics::FeatureMatrix;
using metrics::memorisation;
using metrics::Memorisation;
using metrics::nearest_distances;
using metrics::precision_recall;
using metrics::PrecisionRecall;

double squared_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

// Integers are exact; 5000 rows against 10000 are several blocks.
TEST(Distances, OfEveryPair) {
  for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{70, 33}, std::pair{5000, 10000}}) {
    const std::vector<float> a = integers(rows * 3, 9, 1), b = integers(columns * 3, 9, 2);
    const FeatureMatrix queries = matrix(a, 3), references = matrix(b, 3);
    std::int64_t next = 0, wrong = 0;
    for_each_distance_block(queries, references, [&](const DistanceBlock& block) {
      EXPECT_EQ(block.first, next);
      next += block.rows;
      for (std::int64_t i = 0; i<block.rows; i += rows> 1000 ? 97 : 1) {
        for (std::int64_t j = 0; j < references.count; ++j) {
          wrong += static_cast<double>(block.values[i * references.count + j]) !=
                   squared_distance(queries.row(block.first + i), references.row(j));
        }
      }
    });
    EXPECT_EQ(next, rows);
    EXPECT_EQ(wrong, 0);
  }
}

TEST(NearestDistances, AreThoseOfTheNearest) {
  const std::vector<float> a = random_values<float>(100 * 20, -1, 1, 1),
                           b = random_values<float>(300 * 20, -1, 1, 2);
  std::vector<double> expected;
  for (std::int64_t i = 0; i < 100; ++i) {
    double least = INFINITY;
    for (std::int64_t j = 0; j < 300; ++j) {
      least = std::min(least, squared_distance(matrix(a, 20).row(i), matrix(b, 20).row(j)));
    }
    expected.push_back(std::sqrt(least));
  }
  EXPECT_TRUE(near(nearest_distances(matrix(a, 20), matrix(b, 20)), expected, 1e-12, 0));
}

// However long the rows are.
TEST(NearestDistances, OfACopyAreZero) {
  const std::vector<float> x = random_values<float>(50 * 784, 500, 1000, 1);
  EXPECT_EQ(nearest_distances(matrix(x, 784), matrix(x, 784)), std::vector<double>(50, 0.0));
}

TEST(PrecisionRecallTest, ByHand) {
  // With k = 1 the balls around the real points reach 1, 1, 1 and 7 far.
  const std::vector<float> real = {0, 1, 2, 9};
  EXPECT_EQ(precision_recall(matrix({-1.5f, -1, 2.5f, 20}, 1), matrix(real, 1), 1).precision, 0.5);
  // With k = 2 the first reaches 2 far.
  EXPECT_EQ(precision_recall(matrix({-1.5f, -1, 2.5f, 20}, 1), matrix(real, 1), 2).precision, 0.75);
  // The balls around the samples: 0 and 1 reach 1 far, 30 reaches 29 down to 1, -30 up to 0.
  EXPECT_EQ(precision_recall(matrix({0, 1, 30}, 1), matrix(real, 1), 1).recall, 1);
  EXPECT_EQ(precision_recall(matrix({0, 1, -30}, 1), matrix(real, 1), 1).recall, 0.75);
}

TEST(PrecisionRecallTest, OfEqualAndOfDistantSets) {
  const std::vector<float> x = integers(40 * 8, 9, 1);
  std::vector<float> far = x;
  for (float& value : far) value += 1000;
  const PrecisionRecall same = precision_recall(matrix(x, 8), matrix(x, 8));
  EXPECT_EQ(same.precision, 1);
  EXPECT_EQ(same.recall, 1);
  const PrecisionRecall apart = precision_recall(matrix(far, 8), matrix(x, 8));
  EXPECT_EQ(apart.precision, 0);
  EXPECT_EQ(apart.recall, 0);
}

// One image drawn over and over is precise and recalls nothing else.
TEST(PrecisionRecallTest, OfACollapsedGenerator) {
  const std::vector<float> real = integers(64 * 2, 50, 1);
  std::vector<float> one;
  for (int i = 0; i < 64; ++i) one.insert(one.end(), {real[0], real[1]});
  const PrecisionRecall result = precision_recall(matrix(one, 2), matrix(real, 2));
  EXPECT_EQ(result.precision, 1);
  EXPECT_EQ(result.recall, 1.0 / 64);
}

// The definition, written out, on sets of several sizes.
TEST(PrecisionRecallTest, OfTheDefinition) {
  const auto share = [](const FeatureMatrix& points, const FeatureMatrix& centres, std::size_t k) {
    double inside = 0;
    for (std::int64_t p = 0; p < points.count; ++p) {
      bool found = false;
      for (std::int64_t c = 0; c < centres.count && !found; ++c) {
        std::vector<double> others;
        for (std::int64_t o = 0; o < centres.count; ++o) {
          if (o != c) others.push_back(squared_distance(centres.row(c), centres.row(o)));
        }
        std::sort(others.begin(), others.end());
        found = squared_distance(points.row(p), centres.row(c)) <= others[k - 1];
      }
      inside += found;
    }
    return inside / static_cast<double>(points.count);
  };
  for (const std::int64_t k : {1, 3, 5}) {
    const std::vector<float> a = integers(70 * 4, 20, 1), b = integers(65 * 4, 25, 2);
    const FeatureMatrix samples = matrix(a, 4), real = matrix(b, 4);
    const PrecisionRecall result = precision_recall(samples, real, k);
    EXPECT_EQ(result.precision, share(samples, real, static_cast<std::size_t>(k)));
    EXPECT_EQ(result.recall, share(real, samples, static_cast<std::size_t>(k)));
    EXPECT_GT(result.precision, 0.1);
    EXPECT_LT(result.precision, 1);
  }
}

TEST(MemorisationTest, CopiesAreSeen) {
  const std::vector<float> training = random_values<float>(400 * 16, 0, 1, 1),
                           held_out = random_values<float>(200 * 16, 0, 1, 2),
                           fresh = random_values<float>(100 * 16, 0, 1, 3);
  const FeatureMatrix all = matrix(training, 16), real = matrix(held_out, 16);
  const Memorisation copies = memorisation(all.rows(0, 100), real, all);
  EXPECT_EQ(copies.mean_distance, 0);
  EXPECT_EQ(copies.suspicious, 1);
  EXPECT_EQ(copies.held_out_suspicious, 0.01);
  EXPECT_GT(copies.threshold, 0);
  const Memorisation honest = memorisation(matrix(fresh, 16), real, all);
  EXPECT_TRUE(near(honest.mean_distance, honest.held_out_mean_distance, 0.1, 0));
  EXPECT_LE(honest.suspicious, 0.05);
}

TEST(MemorisationTest, ByHand) {
  const Memorisation result =
      memorisation(matrix({0.5f, 12}, 1), matrix({3, 10.25f}, 1), matrix({0, 10}, 1));
  EXPECT_EQ(result.mean_distance, 1.25);
  EXPECT_EQ(result.held_out_mean_distance, 1.625);
  EXPECT_EQ(result.threshold, 0.25);
  EXPECT_EQ(result.suspicious, 0);
}

TEST(NeighbourMetrics, Errors) {
  const std::vector<float> four = {1, 2, 3, 4}, bad = {1, 2, 3, NAN};
  const FeatureMatrix good = matrix(four, 1), nan = matrix(bad, 1), wide = matrix(four, 2);
  expect_error([&] { precision_recall(good, good, 0); }, "[precision_recall] k = 0 is below 1");
  expect_error([&] { precision_recall(good, good, 4); },
               "[precision_recall] samples: 4 rows are too few, at least 5 needed");
  expect_error([&] { precision_recall(good, nan); },
               "[precision_recall] real images: row 3 holds nan");
  expect_error([&] { precision_recall(good, wide, 1); },
               "[precision_recall] samples has rows of 1 numbers, real images of 2");
  expect_error([&] { memorisation(nan, good, good); }, "[memorisation] samples: row 3 holds nan");
  expect_error(
      [&] {
        memorisation(good, {{}, 0, 1}, good);
      },
      "[memorisation] held-out images: 0 rows are too few, at least 1 needed");
  expect_error([&] { nearest_distances(good, wide); },
               "[nearest_distances] queries has rows of 1 numbers, references of 2");
}

}  // namespace
}  // namespace kiln::test
