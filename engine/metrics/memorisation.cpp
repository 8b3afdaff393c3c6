// SPDX-License-Identifier: MIT
#include "engine/metrics/memorisation.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "engine/metrics/distances.h"

namespace kiln::metrics {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double share_below(const std::vector<double>& values, double threshold) {
  const auto below =
      std::count_if(values.begin(), values.end(), [=](double value) { return value < threshold; });
  return static_cast<double>(below) / static_cast<double>(values.size());
}

}  // namespace

Memorisation memorisation(const FeatureMatrix& samples, const FeatureMatrix& held_out,
                          const FeatureMatrix& training) {
  check_features("memorisation", "samples", samples, "training images", training, 1);
  check_features("memorisation", "held-out images", held_out, "training images", training, 1);
  const std::vector<double> distances = nearest_distances(samples, training);
  std::vector<double> real = nearest_distances(held_out, training);
  std::sort(real.begin(), real.end());
  Memorisation result;
  result.mean_distance = mean(distances);
  result.held_out_mean_distance = mean(real);
  result.threshold = real[real.size() / 100];
  result.suspicious = share_below(distances, result.threshold);
  result.held_out_suspicious = share_below(real, result.threshold);
  return result;
}

}  // namespace kiln::metrics
