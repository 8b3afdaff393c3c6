// SPDX-License-Identifier: MIT
#include "engine/metrics/symmetric_eigen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "engine/all_finite.h"
#include "kernels/error.h"

namespace kiln::metrics {
namespace {

// Rotates rows p and q of an (n, n) matrix: p = c p - s q, q = s p + c q.
void rotate_rows(std::vector<double>& matrix, std::size_t n, std::size_t p, std::size_t q, double c,
                 double s) {
  for (std::size_t k = 0; k < n; ++k) {
    const double x = matrix[p * n + k], y = matrix[q * n + k];
    matrix[p * n + k] = c * x - s * y;
    matrix[q * n + k] = s * x + c * y;
  }
}

void rotate_columns(std::vector<double>& matrix, std::size_t n, std::size_t p, std::size_t q,
                    double c, double s) {
  for (std::size_t k = 0; k < n; ++k) {
    const double x = matrix[k * n + p], y = matrix[k * n + q];
    matrix[k * n + p] = c * x - s * y;
    matrix[k * n + q] = s * x + c * y;
  }
}

// The sum of squares of the diagonal, or of what is above it.
double squares(const std::vector<double>& matrix, std::size_t n, bool diagonal) {
  double sum = 0;
  for (std::size_t p = 0; p < n; ++p) {
    if (diagonal) sum += matrix[p * n + p] * matrix[p * n + p];
    for (std::size_t q = p + 1; q < n && !diagonal; ++q)
      sum += matrix[p * n + q] * matrix[p * n + q];
  }
  return sum;
}

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::size_t n) {
  if (matrix.size() != n * n) {
    throw Error(
        fmt::format("[symmetric_eigen] {} elements are not a {}x{} matrix", matrix.size(), n, n));
  }
  if (!all_finite(std::span<const double>(matrix))) {
    throw Error("[symmetric_eigen] the matrix holds a value that is not finite");
  }
  std::vector<double> vectors(n * n, 0);
  for (std::size_t p = 0; p < n; ++p) {
    vectors[p * n + p] = 1;
    for (std::size_t q = 0; q < p; ++q) matrix[p * n + q] = matrix[q * n + p];
  }
  constexpr int kMaxSweeps = 60;  // convergence is quadratic: 6 to 10 sweeps do
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    if (squares(matrix, n, false) <= 1e-30 * squares(matrix, n, true)) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double apq = matrix[p * n + q];
        if (apq == 0) continue;
        // The smaller rotation that makes element (p, q) zero.
        const double theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * apq);
        const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::hypot(theta, 1.0));
        const double c = 1 / std::hypot(t, 1.0), s = t * c;
        rotate_rows(matrix, n, p, q, c, s);
        rotate_columns(matrix, n, p, q, c, s);
        rotate_rows(vectors, n, p, q, c, s);
      }
    }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return matrix[a * n + a] < matrix[b * n + b]; });
  SymmetricEigen result;
  for (const std::size_t i : order) {
    result.values.push_back(matrix[i * n + i]);
    const auto row = vectors.begin() + static_cast<std::ptrdiff_t>(i * n);
    result.vectors.insert(result.vectors.end(), row, row + static_cast<std::ptrdiff_t>(n));
  }
  return result;
}

}  // namespace kiln::metrics
