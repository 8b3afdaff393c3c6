// SPDX-License-Identifier: MIT
// The inception-score formula on the probabilities p(y|x_i) that a classifier gives n images:
//   exp(1/n sum_i KL(p(y|x_i) || p(y)))      p(y) = 1/n sum_i p(y|x_i)
// over all images at once, not in splits. 1 where every image looks the same to the classifier, the
// number of classes where each is sure and all classes are equally frequent.
// Reference: Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016.
#pragma once

#include "engine/metrics/feature_matrix.h"

namespace kiln::metrics {

// probabilities: (images, classes). Errors: those of check_features, no rows, a value outside
// [0, 1], a row whose sum is not 1.
double classifier_score(const FeatureMatrix& probabilities);

// The errors above.
void check_probabilities(const char* metric, const FeatureMatrix& probabilities);

}  // namespace kiln::metrics
