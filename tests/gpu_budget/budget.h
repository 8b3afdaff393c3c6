// SPDX-License-Identifier: MIT
// The table of what each kernel may use, kernel_budgets.txt, and the check of kernels against it.
#pragma once

#include <filesystem>
#include <istream>
#include <string>
#include <vector>

#include "tests/gpu_budget/cubin.h"

namespace kiln::test {

struct Budget {
  std::string pattern;  // of kernel names, with * and ? as in a shell
  int threads = 0;      // in a block
  int registers = 0;    // at most, of a thread
  int blocks = 0;       // at least, resident on a multiprocessor of each architecture
  int dynamic_shared_bytes = 0;
  int stack_bytes = 0;  // at most
};

// One budget a line: pattern, threads, registers, blocks, dynamic shared memory, stack. Words after
// '#' are a comment; a stack above 0 wants one that says why. Errors: std::runtime_error with the
// line's number.
std::vector<Budget> read_budgets(std::istream& file);

// One line for each kernel that exceeds its budget or has none, and each budget that no kernel
// uses. A kernel's budget is the first whose pattern fits.
std::vector<std::string> check_budgets(const std::vector<KernelResources>& kernels,
                                       const std::vector<Budget>& budgets);

// The budget of a kernel; null if it has none.
const Budget* find_budget(const std::string& kernel, const std::vector<Budget>& budgets);

}  // namespace kiln::test
