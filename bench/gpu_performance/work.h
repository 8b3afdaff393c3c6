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

// C(m,n) = act(A B + bias): every output also takes a bias and an activation. accumulate reads C.
inline Work product(double m, double n, double k, bool with_epilogue = false,
                    bool accumulate = false) {
  return {2 * m * n * k + (with_epilogue ? 2 * m * n : 0),
          4 * (m * k + k * n + m * n * (accumulate ? 2 : 1) + (with_epilogue ? n : 0)), true};
}

// n results from `reads` arrays of n, written to `writes` arrays of n.
inline Work elementwise(double n, double operations_each, double reads, double writes) {
  return {n * operations_each, 4 * n * (reads + writes), false};
}

// dz = dy act'(y) for (rows, cols), with its sum over rows.
inline Work activation_backward(double rows, double cols) {
  return {3 * rows * cols, 4 * (3 * rows * cols + cols), false};
}

// The sum of n values.
inline Work reduction(double n, double operations_each) {
  return {n * operations_each, 4 * (n + 1), false};
}

// Reads p, g, m, v; writes p, m, v: 4 operations for each moment, 5 for the update.
inline Work adam(double n) { return {13 * n, 28 * n, false}; }

// n normals from Philox: ten rounds of some 10 integer operations for four of them, not counted as
// floating-point work; logarithm, root and sine for each pair.
inline Work normals(double n) { return {4 * n, 4 * n, false}; }

}  // namespace kiln::bench
