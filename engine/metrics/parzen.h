// SPDX-License-Identifier: MIT
// Log-likelihood of points under a Parzen window: a Gaussian of width sigma around each of the n
// centres c_i,
//   log p(x) = log(1/n sum_i exp(-|x - c_i|^2 / (2 sigma^2))) - d/2 log(2 pi sigma^2)
// in nats, for rows of d numbers. With samples as centres and test images as points it was the
// usual measure of early GANs; it says little about models whose samples are not blurred copies of
// the data (Theis et al., A Note on the Evaluation of Generative Models, ICLR 2016).
// Reference: Breuleux, Bengio, Vincent, Quickly Generating Representative Samples from an
// RBM-Derived Process, Neural Computation 2011.
#pragma once

#include <span>

#include "engine/metrics/feature_matrix.h"

namespace kiln::metrics {

struct ParzenEstimate {
  double mean = 0;            // of log p(x) over the points
  double standard_error = 0;  // of that mean; 0 for one point
};

// Errors: those of check_features, no rows, a sigma that is not above 0.
ParzenEstimate parzen_log_likelihood(const FeatureMatrix& centres, const FeatureMatrix& points,
                                     double sigma);

// The candidate under which `validation` is most likely. Errors: those above, no candidates.
double choose_parzen_sigma(const FeatureMatrix& centres, const FeatureMatrix& validation,
                           std::span<const double> candidates);

}  // namespace kiln::metrics
