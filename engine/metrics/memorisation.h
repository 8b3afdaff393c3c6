// SPDX-License-Identifier: MIT
// Whether samples are copies of training images: their distance to the nearest training image,
// against that of real images which were held out. A generator that has learnt the distribution is
// as far away as they are; one that copies is nearer.
#pragma once

#include "engine/metrics/feature_matrix.h"

namespace kiln::metrics {

struct Memorisation {
  double mean_distance = 0;           // of the samples to their nearest training images
  double held_out_mean_distance = 0;  // of the held-out images
  double threshold = 0;               // the distance below which 1 % of the held-out images lie
  double suspicious = 0;              // share of the samples that are nearer than that
  double held_out_suspicious = 0;     // of the held-out images: 0.01, up to rounding and ties
};

// Euclidean distances between rows, usually pixels. Errors: those of check_features, no rows.
Memorisation memorisation(const FeatureMatrix& samples, const FeatureMatrix& held_out,
                          const FeatureMatrix& training);

}  // namespace kiln::metrics
