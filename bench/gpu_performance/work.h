// SPDX-License-Identifier: MIT
// What a kernel launch must do at least: floating-point operations, and bytes from and to global
// memory, each array once. float everywhere. A fused multiply-add is two operations; a division,
// root, exponential or comparison is one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kiln::bench {

struct Work {
  double operations = 0;
  double bytes = 0;
  bool is_product = false;  // may use tensor cores
};

// One launch of a step: which kernel (a pattern of tests/gpu_budget), what it is for, what it does.
struct PlannedLaunch {
  std::string kernel;
  std::string purpose;
  Work work;
};
using Plan = std::vector<PlannedLaunch>;

// y(m,n) = act(x W^T + b): every output takes a bias and an activation.
inline Work product(double m, double n, double k) {
  return {2 * m * n * (k + 1), 4 * (m * k + k * n + n + m * n), true};
}

// From dz (rows, out) and x (rows, in), the output of an activation: dx = (dz W) act'(x) if
// `passes`, dW = dz^T x and db if `trains`.
inline Work linear_backward(double rows, double out, double in, bool passes, bool trains) {
  Work work = {0, 4 * (rows * out + rows * in), true};
  if (passes) {
    work.operations += 2 * rows * in * (out + 1);
    work.bytes += 4 * (out * in + rows * in);
  }
  if (trains) {
    work.operations += 2 * rows * out * in + rows * out;
    work.bytes += 4 * (out * in + out);
  }
  return work;
}

// The sum of n values.
inline Work reduction(double n, double operations_each) {
  return {n * operations_each, 4 * (n + 1), false};
}

// Reads outputs, and targets where they are not one number; writes the gradient and a sum. Two
// logarithms and a dozen operations each, for either.
inline Work loss_and_gradient(double n, bool has_targets) {
  return {14 * n, 4 * (n * (has_targets ? 3 : 2) + 1), false};
}

// Rows of bytes to floats: a multiply-add each.
inline Work gather(double rows, double cols) { return {2 * rows * cols, 5 * rows * cols, false}; }

// Reads p, g, m, v; writes p, m, v: 4 operations for each moment, 5 for the update; 3 and a read
// and a write more for an average.
inline Work adam(double n, bool averages) {
  return averages ? Work{16 * n, 36 * n, false} : Work{13 * n, 28 * n, false};
}

// n normals from Philox: ten rounds of some 10 integer operations for four of them, not counted as
// floating-point work; logarithm, root and sine for each pair.
inline Work normals(double n) { return {4 * n, 4 * n, false}; }

// n latent numbers: mean + noise * exp(log_variance / 2), and back.
inline Work gaussian_sample(double n) { return {4 * n, 16 * n, false}; }
inline Work gaussian_sample_backward(double n) { return {5 * n, 20 * n, false}; }

inline Work copy(double n) { return {0, 8 * n, false}; }

// Which of `count` numbers is the largest, a comparison for each of the others.
inline Work largest_of(double rows, double count) {
  return {rows * (count - 1), 8 * rows * count, false};
}

// out = a + b
inline Work sum_of_arrays(double n) { return {n, 12 * n, false}; }

}  // namespace kiln::bench
