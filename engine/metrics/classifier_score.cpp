// SPDX-License-Identifier: MIT
#include "engine/metrics/classifier_score.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "kernels/error.h"

namespace kiln::metrics {

void check_probabilities(const char* metric, const FeatureMatrix& probabilities) {
  check_features(metric, "probabilities", probabilities, 1);
  for (std::int64_t i = 0; i < probabilities.count; ++i) {
    double sum = 0;
    bool in_range = true;
    for (const float p : probabilities.row(i)) {
      in_range = in_range && p >= 0 && p <= 1;
      sum += static_cast<double>(p);
    }
    if (!in_range || std::abs(sum - 1) > 1e-3) {
      throw Error(fmt::format("[{}] row {} holds no probabilities: its sum is {}", metric, i, sum));
    }
  }
}

double classifier_score(const FeatureMatrix& probabilities) {
  check_probabilities("classifier_score", probabilities);
  const auto n = static_cast<double>(probabilities.count);
  std::vector<double> marginal(static_cast<std::size_t>(probabilities.size), 0);
  double negative_entropy = 0;  // sum_i sum_y p(y|x_i) log p(y|x_i), with 0 log 0 = 0
  for (std::int64_t i = 0; i < probabilities.count; ++i) {
    const auto row = probabilities.row(i);
    for (std::size_t y = 0; y < row.size(); ++y) {
      const auto p = static_cast<double>(row[y]);
      marginal[y] += p / n;
      if (p > 0) negative_entropy += p * std::log(p);
    }
  }
  double divergence = negative_entropy / n;
  for (const double p : marginal) {
    if (p > 0) divergence -= p * std::log(p);
  }
  return std::exp(divergence);
}

}  // namespace kiln::metrics
