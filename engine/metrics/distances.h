// SPDX-License-Identifier: MIT
// Squared Euclidean distances between the rows of two matrices, as |a|^2 + |b|^2 - 2 a b: the cost
// is that of a matrix product. Rounding leaves an error of about 1e-6 of |a|^2 + |b|^2, so small
// distances between long rows are not exact.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/metrics/feature_matrix.h"

namespace kiln::metrics {

// The distances of queries first .. first + rows - 1: values (rows, references), each at least 0.
struct DistanceBlock {
  std::int64_t first = 0;
  std::int64_t rows = 0;
  const float* values = nullptr;
};

// Calls f with block after block until each query has had its turn. Both matrices have rows of one
// size.
void for_each_distance_block(const FeatureMatrix& queries, const FeatureMatrix& references,
                             const std::function<void(const DistanceBlock&)>& f);

// The distance (not squared) of each query to the reference nearest to it. Which one that is is
// found as above; its distance is then computed without cancellation: 0 for a copy. Errors: those
// of check_features, no rows.
std::vector<double> nearest_distances(const FeatureMatrix& queries,
                                      const FeatureMatrix& references);

}  // namespace kiln::metrics
