// SPDX-License-Identifier: MIT
// Matrices for the tests of metrics.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "engine/metrics/feature_matrix.h"
#include "tests/support/expect_error.h"
#include "tests/support/inputs.h"

namespace kiln::test {

inline metrics::FeatureMatrix matrix(const std::vector<float>& values, std::int64_t size) {
  return {values, static_cast<std::int64_t>(values.size()) / size, size};
}

// Integers of [-limit, limit]: sums and products of them are exact.
inline std::vector<float> integers(std::int64_t count, int limit, std::uint32_t seed) {
  return random_integers<float>(count, limit, seed);
}

}  // namespace kiln::test
