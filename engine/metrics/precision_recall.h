// SPDX-License-Identifier: MIT
// Improved precision and recall. The manifold of a set is the union of the balls around its points,
// each as large as the distance to the point's k-th nearest neighbour in the set:
//   precision = share of the samples that lie in the manifold of the real images
//   recall    = share of the real images that lie in the manifold of the samples
// Precision falls where samples look unreal, recall where real images have no sample near them.
// Reference: Kynkaanniemi et al., Improved Precision and Recall Metric for Assessing Generative
// Models, NeurIPS 2019 (k = 3).
#pragma once

#include "engine/metrics/feature_matrix.h"

namespace kiln::metrics {

struct PrecisionRecall {
  double precision = 0;
  double recall = 0;
};

// Both sets should have the same number of rows: more rows make smaller balls. Distances are those
// of distances.h. Errors: those of check_features, fewer than k + 1 rows, k below 1.
PrecisionRecall precision_recall(const FeatureMatrix& samples, const FeatureMatrix& real,
                                 std::int64_t k = 3);

}  // namespace kiln::metrics
