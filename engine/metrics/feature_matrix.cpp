// SPDX-License-Identifier: MIT
#include "engine/metrics/feature_matrix.h"

#include <fmt/format.h>

#include <cmath>

#include "kernels/error.h"

namespace kiln::metrics {

void check_features(const char* metric, const char* what, const FeatureMatrix& features,
                    std::int64_t least) {
  const auto& [values, count, size] = features;
  if (count < 0 || size < 1 || values.size() != static_cast<std::size_t>(count * size)) {
    throw Error(fmt::format("[{}] {} values are not {}: {} rows of {} numbers", metric,
                            values.size(), what, count, size));
  }
  if (count < least) {
    throw Error(fmt::format("[{}] {}: {} rows are too few, at least {} needed", metric, what, count,
                            least));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      throw Error(fmt::format("[{}] {}: row {} holds {}", metric, what,
                              i / static_cast<std::size_t>(size), values[i]));
    }
  }
}

void check_features(const char* metric, const char* what_a, const FeatureMatrix& a,
                    const char* what_b, const FeatureMatrix& b, std::int64_t least) {
  check_features(metric, what_a, a, least);
  check_features(metric, what_b, b, least);
  if (a.size != b.size) {
    throw Error(fmt::format("[{}] {} has rows of {} numbers, {} of {}", metric, what_a, a.size,
                            what_b, b.size));
  }
}

}  // namespace kiln::metrics
