// SPDX-License-Identifier: MIT
// How images spread over the classes that a classifier sees in them: each image counts for its most
// probable class (the first of equals).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/metrics/feature_matrix.h"

namespace kiln::metrics {

struct ClassCoverage {
  std::vector<double> shares;  // of the images, by class; their sum is 1
  double entropy = 0;          // -sum share log share in nats; at most log(classes)
  std::int64_t covered = 0;    // classes with at least a tenth of an even share

  double least() const;
  double most() const;
};

// probabilities: (images, classes). Errors: as classifier_score.
ClassCoverage class_coverage(const FeatureMatrix& probabilities);

}  // namespace kiln::metrics
