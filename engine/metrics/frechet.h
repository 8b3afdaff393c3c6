// SPDX-License-Identifier: MIT
// Frechet distance between two sets of features, each taken for a Gaussian:
//   |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a^1/2 C_b C_a^1/2)^1/2)
// with m the mean and C the covariance (over n - 1). 0 for equal Gaussians. In the features of
// Inception-v3 it is the "FID"; numbers of different feature spaces, or of different numbers of
// rows (it is biased upwards, the more the fewer), do not compare.
// Reference: Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
// Equilibrium, NeurIPS 2017.
#pragma once

#include <vector>

#include "engine/metrics/feature_matrix.h"

namespace kiln::metrics {

struct Gaussian {
  std::vector<double> mean;        // (d)
  std::vector<double> covariance;  // (d, d)
};

// Errors: those of check_features, fewer than 2 rows.
Gaussian fit_gaussian(const FeatureMatrix& features);

// Errors: sizes that differ or are no mean and covariance.
double frechet_distance(const Gaussian& a, const Gaussian& b);

}  // namespace kiln::metrics
