// SPDX-License-Identifier: MIT
// Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations: slow for
// thousands of rows, simple and accurate for hundreds (Golub & Van Loan, Matrix Computations,
// section 8.5).
#pragma once

#include <cstddef>
#include <vector>

namespace kiln::metrics {

struct SymmetricEigen {
  std::vector<double> values;   // (n), ascending
  std::vector<double> vectors;  // (n, n): row i is the unit vector of values[i]
};

// matrix: (n, n), of which the upper triangle is read. Errors: another number of elements, a value
// that is not finite.
SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::size_t n);

}  // namespace kiln::metrics
