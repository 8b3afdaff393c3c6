// SPDX-License-Identifier: MIT
#include "engine/metrics/precision_recall.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "engine/metrics/distances.h"
#include "kernels/error.h"
#include "kernels/parallel_cpu.h"

namespace kiln::metrics {
namespace {

// The squared distance of each row to its k-th nearest other row.
std::vector<float> squared_radii(const FeatureMatrix& set, std::int64_t k) {
  std::vector<float> radii(static_cast<std::size_t>(set.count));
  for_each_distance_block(set, set, [&](const DistanceBlock& block) {
    kernels::parallel_for(block.rows, 64, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> nearest(static_cast<std::size_t>(k));  // ascending
      for (std::int64_t i = begin; i < end; ++i) {
        const float* const row = block.values + i * set.count;
        std::fill(nearest.begin(), nearest.end(), std::numeric_limits<float>::infinity());
        for (std::int64_t j = 0; j < set.count; ++j) {
          if (row[j] >= nearest.back() || j == block.first + i) continue;
          nearest.back() = row[j];
          for (std::size_t at = nearest.size() - 1; at > 0 && nearest[at] < nearest[at - 1]; --at) {
            std::swap(nearest[at], nearest[at - 1]);
          }
        }
        radii[static_cast<std::size_t>(block.first + i)] = nearest.back();
      }
    });
  });
  return radii;
}

// The share of `points` that lie in one of the balls around `centres`.
double share_inside(const FeatureMatrix& points, const FeatureMatrix& centres,
                    const std::vector<float>& radii) {
  std::vector<std::uint8_t> inside(static_cast<std::size_t>(points.count), 0);
  for_each_distance_block(points, centres, [&](const DistanceBlock& block) {
    kernels::parallel_for(block.rows, 64, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const float* const row = block.values + i * centres.count;
        for (std::size_t j = 0; j < radii.size(); ++j) {
          if (row[j] > radii[j]) continue;
          inside[static_cast<std::size_t>(block.first + i)] = 1;
          break;
        }
      }
    });
  });
  return static_cast<double>(std::count(inside.begin(), inside.end(), 1)) /
         static_cast<double>(points.count);
}

}  // namespace

PrecisionRecall precision_recall(const FeatureMatrix& samples, const FeatureMatrix& real,
                                 std::int64_t k) {
  if (k < 1) throw Error(fmt::format("[precision_recall] k = {} is below 1", k));
  check_features("precision_recall", "samples", samples, "real images", real, k + 1);
  return {share_inside(samples, real, squared_radii(real, k)),
          share_inside(real, samples, squared_radii(samples, k))};
}

}  // namespace kiln::metrics
