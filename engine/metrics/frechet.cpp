// SPDX-License-Identifier: MIT
#include "engine/metrics/frechet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/metrics/symmetric_eigen.h"
#include "kernels/error.h"
#include "kernels/parallel_cpu.h"

namespace kiln::metrics {
namespace {

using Matrix = std::vector<double>;  // (d, d)

// sqrt of an eigenvalue; what rounding has put below 0 counts as 0.
double root(double value) { return std::sqrt(std::max(value, 0.0)); }

Matrix multiply(const Matrix& a, const Matrix& b, std::size_t d) {
  Matrix c(d * d, 0);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t k = 0; k < d; ++k) {
      for (std::size_t j = 0; j < d; ++j) c[i * d + j] += a[i * d + k] * b[k * d + j];
    }
  }
  return c;
}

// V diag(sqrt(values)) V^T
Matrix square_root(const Matrix& matrix, std::size_t d) {
  const SymmetricEigen eigen = symmetric_eigen(matrix, d);
  Matrix result(d * d, 0);
  for (std::size_t e = 0; e < d; ++e) {
    const double* const v = eigen.vectors.data() + e * d;
    const double scale = root(eigen.values[e]);
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) result[i * d + j] += scale * v[i] * v[j];
    }
  }
  return result;
}

}  // namespace

Gaussian fit_gaussian(const FeatureMatrix& features) {
  check_features("frechet", "features", features, 2);
  const auto d = static_cast<std::size_t>(features.size);
  const auto n = static_cast<std::size_t>(features.count);
  Gaussian result{std::vector<double>(d, 0), Matrix(d * d, 0)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      result.mean[j] += static_cast<double>(features.values[i * d + j]);
    }
  }
  for (double& mean : result.mean) mean /= static_cast<double>(n);
  Matrix centred(d * n);  // a column of the features is a row here: sums run along memory
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      centred[j * n + i] = static_cast<double>(features.values[i * d + j]) - result.mean[j];
    }
  }
  const auto pairs = static_cast<std::int64_t>(d * d);
  kernels::parallel_for(pairs, 64, [&](std::int64_t begin, std::int64_t end) {
    for (auto pair = static_cast<std::size_t>(begin); pair < static_cast<std::size_t>(end);
         ++pair) {
      const double* const a = centred.data() + pair / d * n;
      const double* const b = centred.data() + pair % d * n;
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
      result.covariance[pair] = sum / static_cast<double>(n - 1);
    }
  });
  return result;
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  const std::size_t d = a.mean.size();
  if (b.mean.size() != d || a.covariance.size() != d * d || b.covariance.size() != d * d) {
    throw Error(fmt::format(
        "[frechet] means of {} and {} numbers and covariances of {} and {} do not match", d,
        b.mean.size(), a.covariance.size(), b.covariance.size()));
  }
  double distance = 0;
  for (std::size_t i = 0; i < d; ++i) {
    distance += (a.mean[i] - b.mean[i]) * (a.mean[i] - b.mean[i]);
    distance += a.covariance[i * d + i] + b.covariance[i * d + i];
  }
  const Matrix root_a = square_root(a.covariance, d);
  const Matrix product = multiply(multiply(root_a, b.covariance, d), root_a, d);
  for (const double value : symmetric_eigen(product, d).values) distance -= 2 * root(value);
  return std::max(distance, 0.0);
}

}  // namespace kiln::metrics
