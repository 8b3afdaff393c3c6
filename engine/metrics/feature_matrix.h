// SPDX-License-Identifier: MIT
// What metrics compare: a row of numbers an image, its pixels or the features that a network makes
// of it. On the host.
#pragma once

#include <cstdint>
#include <span>

namespace kiln::metrics {

struct FeatureMatrix {
  std::span<const float> values;  // (count, size), row by row
  std::int64_t count = 0;
  std::int64_t size = 0;

  std::span<const float> row(std::int64_t i) const {
    return values.subspan(static_cast<std::size_t>(i * size), static_cast<std::size_t>(size));
  }
  FeatureMatrix rows(std::int64_t first, std::int64_t number) const {
    return {values.subspan(static_cast<std::size_t>(first * size),
                           static_cast<std::size_t>(number * size)),
            number, size};
  }
};

// Throws an Error that names `metric` and `what`: values that are not count * size with size at
// least 1, fewer than `least` rows, a value that is not finite.
void check_features(const char* metric, const char* what, const FeatureMatrix& features,
                    std::int64_t least);
// Both, and that their rows are of one size.
void check_features(const char* metric, const char* what_a, const FeatureMatrix& a,
                    const char* what_b, const FeatureMatrix& b, std::int64_t least);

}  // namespace kiln::metrics
