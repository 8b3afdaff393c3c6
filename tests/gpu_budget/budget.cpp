// SPDX-License-Identifier: MIT
#include "tests/gpu_budget/budget.h"

#include <fnmatch.h>

#include <set>
#include <sstream>
#include <stdexcept>

#include "tests/gpu_budget/occupancy.h"

namespace kiln::test {

std::vector<Budget> read_budgets(std::istream& file) {
  std::vector<Budget> budgets;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::size_t comment = line.find('#');
    std::istringstream words(line.substr(0, comment));
    Budget budget;
    if (!(words >> budget.pattern)) continue;
    words >> budget.threads >> budget.registers >> budget.blocks >> budget.dynamic_shared_bytes >>
        budget.stack_bytes;
    std::string rest;
    if (!words || words >> rest || budget.threads < 1 || budget.threads > 1024 ||
        budget.registers < 1 || budget.blocks < 1) {
      throw std::runtime_error("line " + std::to_string(number) +
                               " is not: pattern threads registers blocks shared stack");
    }
    if (budget.stack_bytes > 0 && comment == std::string::npos) {
      throw std::runtime_error("line " + std::to_string(number) +
                               " allows a stack without a reason");
    }
    budgets.push_back(budget);
  }
  return budgets;
}

const Budget* find_budget(const std::string& kernel, const std::vector<Budget>& budgets) {
  for (const Budget& budget : budgets) {
    if (fnmatch(budget.pattern.c_str(), kernel.c_str(), 0) == 0) return &budget;
  }
  return nullptr;
}

std::vector<std::string> check_budgets(const std::vector<KernelResources>& kernels,
                                       const std::vector<Budget>& budgets) {
  std::vector<std::string> findings;
  std::set<const Budget*> used;
  for (const KernelResources& kernel : kernels) {
    const std::string name = kernel.name + " for sm_" + std::to_string(kernel.sm);
    const Budget* budget = find_budget(kernel.name, budgets);
    if (budget == nullptr) {
      findings.push_back(name + " has no budget");
      continue;
    }
    used.insert(budget);
    const auto exceeds = [&](const char* what, int value, const char* bound, int limit) {
      findings.push_back(name + ": " + std::to_string(value) + " " + what + ", budget " + bound +
                         " " + std::to_string(limit));
    };
    if (kernel.registers > budget->registers) {
      exceeds("registers", kernel.registers, "at most", budget->registers);
    }
    if (kernel.stack_bytes > budget->stack_bytes) {
      exceeds("bytes of stack (spills or local arrays)", kernel.stack_bytes, "at most",
              budget->stack_bytes);
    }
    const int blocks = resident_blocks(kernel.sm, budget->threads, kernel.registers,
                                       kernel.shared_bytes + budget->dynamic_shared_bytes);
    if (blocks < budget->blocks) exceeds("resident blocks", blocks, "at least", budget->blocks);
  }
  for (const Budget& budget : budgets) {
    if (!used.contains(&budget)) findings.push_back("no kernel uses the budget " + budget.pattern);
  }
  return findings;
}

}  // namespace kiln::test
