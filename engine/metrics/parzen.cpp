// SPDX-License-Identifier: MIT
#include "engine/metrics/parzen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "engine/metrics/distances.h"
#include "kernels/error.h"
#include "kernels/parallel_cpu.h"

namespace kiln::metrics {
namespace {

// log(1/n sum_i exp(-squared[i] / (2 sigma^2)))
double log_mean_exp(const float* squared, std::int64_t n, double sigma) {
  const auto factor = static_cast<float>(-0.5 / (sigma * sigma));
  const float least = *std::min_element(squared, squared + n);
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) {
    sum += static_cast<double>(std::exp(factor * (squared[i] - least)));
  }
  return -0.5 * static_cast<double>(least) / (sigma * sigma) +
         std::log(sum / static_cast<double>(n));
}

// log p of each point, for each sigma: (sigmas, points).
std::vector<std::vector<double>> log_likelihoods(const FeatureMatrix& centres,
                                                 const FeatureMatrix& points,
                                                 std::span<const double> sigmas) {
  check_features("parzen", "centres", centres, "points", points, 1);
  for (const double sigma : sigmas) {
    if (!(sigma > 0) || !std::isfinite(sigma)) {
      throw Error(fmt::format("[parzen] sigma {} is not a number above 0", sigma));
    }
  }
  std::vector<std::vector<double>> result(
      sigmas.size(), std::vector<double>(static_cast<std::size_t>(points.count)));
  const auto d = static_cast<double>(points.size);
  for_each_distance_block(points, centres, [&](const DistanceBlock& block) {
    kernels::parallel_for(block.rows, 64, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const float* const squared = block.values + i * centres.count;
        for (std::size_t s = 0; s < sigmas.size(); ++s) {
          result[s][static_cast<std::size_t>(block.first + i)] =
              log_mean_exp(squared, centres.count, sigmas[s]) -
              0.5 * d * std::log(2 * std::numbers::pi * sigmas[s] * sigmas[s]);
        }
      }
    });
  });
  return result;
}

ParzenEstimate estimate(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  ParzenEstimate result;
  for (const double value : values) result.mean += value / n;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  if (values.size() > 1) result.standard_error = std::sqrt(squares / (n - 1) / n);
  return result;
}

}  // namespace

ParzenEstimate parzen_log_likelihood(const FeatureMatrix& centres, const FeatureMatrix& points,
                                     double sigma) {
  return estimate(log_likelihoods(centres, points, std::span(&sigma, 1))[0]);
}

double choose_parzen_sigma(const FeatureMatrix& centres, const FeatureMatrix& validation,
                           std::span<const double> candidates) {
  if (candidates.empty()) throw Error("[parzen] there is no sigma to choose from");
  const auto all = log_likelihoods(centres, validation, candidates);
  std::size_t best = 0;
  double best_mean = -INFINITY;
  for (std::size_t s = 0; s < all.size(); ++s) {
    const double mean = estimate(all[s]).mean;
    if (mean > best_mean) {
      best = s;
      best_mean = mean;
    }
  }
  return candidates[best];
}

}  // namespace kiln::metrics
