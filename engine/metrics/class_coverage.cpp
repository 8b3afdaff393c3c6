// SPDX-License-Identifier: MIT
#include "engine/metrics/class_coverage.h"

#include <algorithm>
#include <cmath>

#include "engine/metrics/classifier_score.h"

namespace kiln::metrics {

double ClassCoverage::least() const { return *std::min_element(shares.begin(), shares.end()); }
double ClassCoverage::most() const { return *std::max_element(shares.begin(), shares.end()); }

ClassCoverage class_coverage(const FeatureMatrix& probabilities) {
  check_probabilities("class_coverage", probabilities);
  std::vector<std::int64_t> counts(static_cast<std::size_t>(probabilities.size), 0);
  for (std::int64_t i = 0; i < probabilities.count; ++i) {
    const auto row = probabilities.row(i);
    ++counts[static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin())];
  }
  ClassCoverage result;
  for (const std::int64_t count : counts) {
    const double share = static_cast<double>(count) / static_cast<double>(probabilities.count);
    result.shares.push_back(share);
    if (count > 0) result.entropy -= share * std::log(share);
    if (10 * count * probabilities.size >= probabilities.count) ++result.covered;
  }
  return result;
}

}  // namespace kiln::metrics
