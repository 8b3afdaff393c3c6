// SPDX-License-Identifier: MIT
#include "engine/metrics/symmetric_eigen.h"

#include "tests/support/expect_error.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using metrics::symmetric_eigen;
using metrics::SymmetricEigen;

// numpy.linalg.eigvalsh([[1 / (i + j + 1) for j in range(5)] for i in range(5)]), NumPy 2.4
TEST(SymmetricEigenTest, ValuesOfNumpy) {
  std::vector<double> hilbert;
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 5; ++j) hilbert.push_back(1.0 / (i + j + 1));
  }
  EXPECT_TRUE(
      near(symmetric_eigen(hilbert, 5).values,
           std::vector<double>{3.287928772175417e-06, 0.00030589804015117647, 0.011407491623419842,
                               0.20853421861101346, 1.5670506910982307},
           1e-13, 1e-15));
}

// The vectors are orthonormal, and rebuild the matrix with the values.
TEST(SymmetricEigenTest, RebuildsTheMatrix) {
  for (const std::size_t n : {1u, 2u, 3u, 17u, 64u}) {
    std::vector<double> a = random_values<double>(static_cast<std::int64_t>(n * n), -1, 1, 3);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) a[i * n + j] = a[j * n + i];
    }
    const SymmetricEigen eigen = symmetric_eigen(a, n);
    EXPECT_TRUE(std::is_sorted(eigen.values.begin(), eigen.values.end()));
    std::vector<double> rebuilt(n * n, 0), products(n * n, 0), identity(n * n, 0);
    for (std::size_t i = 0; i < n; ++i) {
      identity[i * n + i] = 1;
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t k = 0; k < n; ++k) {
          rebuilt[i * n + j] +=
              eigen.values[k] * eigen.vectors[k * n + i] * eigen.vectors[k * n + j];
          products[i * n + j] += eigen.vectors[i * n + k] * eigen.vectors[j * n + k];
        }
      }
    }
    EXPECT_TRUE(near(rebuilt, a, 0, 1e-13)) << n;
    EXPECT_TRUE(near(products, identity, 0, 1e-13)) << n;
  }
}

TEST(SymmetricEigenTest, SpecialMatrices) {
  EXPECT_TRUE(symmetric_eigen({}, 0).values.empty());
  EXPECT_EQ(symmetric_eigen({3, 0, 0, -1}, 2).values, (std::vector<double>{-1, 3}));
  EXPECT_EQ(symmetric_eigen(std::vector<double>(9, 0), 3).values, (std::vector<double>{0, 0, 0}));
  // Rank one, and the lower triangle is not read.
  EXPECT_TRUE(
      near(symmetric_eigen({1, 2, 99, 4}, 2).values, std::vector<double>{0, 5}, 1e-14, 1e-14));
}

TEST(SymmetricEigenTest, Errors) {
  expect_error(
      [] {
        symmetric_eigen({1, 2, 3}, 2);
      },
      "[symmetric_eigen] 3 elements are not a 2x2 matrix");
  expect_error(
      [] {
        symmetric_eigen({1, NAN, 3, 4}, 2);
      },
      "[symmetric_eigen] the matrix holds a value that is not finite");
}

}  // namespace
}  // namespace kiln::test
