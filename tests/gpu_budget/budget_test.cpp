// SPDX-License-Identifier: MIT
// Every kernel that nvcc built, against kernel_budgets.txt, and the check itself.
#include "tests/gpu_budget/budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/gpu_budget/occupancy.h"

namespace kiln::test {
namespace {

std::vector<Budget> budgets_of(const std::string& text) {
  std::istringstream lines(text);
  return read_budgets(lines);
}

class CudaBudget : public ::testing::Test {
 protected:
  static const std::vector<KernelResources>& kernels() {
    static const auto read = read_kernel_resources(KILN_KERNEL_LIBRARY);
    return read;
  }
  void SetUp() override {
    if (kernels().empty() && !KILN_UNCOMPRESSED_CODE) {
      GTEST_SKIP() << "nvcc compressed the kernels: build with CMAKE_CUDA_FLAGS=-no-compress";
    }
  }
};

TEST_F(CudaBudget, EveryKernelKeepsIt) {
  std::ifstream file(KILN_KERNEL_BUDGETS);
  const std::vector<Budget> budgets = read_budgets(file);
  EXPECT_FALSE(budgets.empty());
  for (const std::string& finding : check_budgets(kernels(), budgets)) ADD_FAILURE() << finding;
}

TEST_F(CudaBudget, IsCheckedForEveryArchitectureOfTheBuild) {
  std::set<std::string> expected, found;
  std::istringstream architectures(KILN_MACHINE_CODE_FOR);
  for (std::string sm; std::getline(architectures, sm, ',');) expected.insert(sm);
  for (const KernelResources& kernel : kernels()) found.insert(std::to_string(kernel.sm));
  EXPECT_EQ(found, expected);
}

TEST_F(CudaBudget, KernelsHaveReadableNames) {
  const auto is_adam = [](const KernelResources& kernel) { return kernel.name == "adam_kernel"; };
  const auto adam = std::find_if(kernels().begin(), kernels().end(), is_adam);
  ASSERT_NE(adam, kernels().end());
  EXPECT_GT(adam->registers, 15);
  EXPECT_EQ(adam->shared_bytes, 1);  // the flag of is_last_block
}

TEST(CudaBudgetCheck, FindsWhatExceedsABudget) {
  const auto budgets = budgets_of("adam_kernel 256 64 3 0 0\n");
  EXPECT_TRUE(check_budgets({{"adam_kernel", 80, 64, 0, 0}}, budgets).empty());
  const auto finding = [&](const KernelResources& kernel) {
    const auto findings = check_budgets({kernel}, budgets);
    return findings.size() == 1 ? findings[0] : std::to_string(findings.size()) + " findings";
  };
  EXPECT_EQ(finding({"adam_kernel", 80, 65, 0, 0}).find("adam_kernel for sm_80: 65 registers"), 0u);
  EXPECT_EQ(finding({"adam_kernel", 80, 64, 8, 0}),
            "adam_kernel for sm_80: 8 bytes of stack (spills or local arrays), budget at most 0");
  EXPECT_EQ(finding({"adam_kernel", 90, 64, 0, 100 << 10}),
            "adam_kernel for sm_90: 2 resident blocks, budget at least 3");
}

TEST(CudaBudgetCheck, FindsKernelsAndBudgetsWithoutEachOther) {
  const auto budgets = budgets_of("sum_kernel* 256 64 4 0 0\nold_kernel 256 64 4 0 0\n");
  EXPECT_EQ(
      check_budgets({{"sum_kernel<Square>", 80, 30, 0, 0}, {"new_kernel", 80, 30, 0, 0}}, budgets),
      (std::vector<std::string>{"new_kernel for sm_80 has no budget",
                                "no kernel uses the budget old_kernel"}));
}

TEST(CudaBudgetCheck, TheFirstPatternThatFitsCounts) {
  const auto budgets = budgets_of("a_kernel<1> 256 100 1 0 0\na_kernel* 256 50 4 0 0 # rest\n");
  EXPECT_TRUE(
      check_budgets({{"a_kernel<1>", 80, 100, 0, 0}, {"a_kernel<2>", 80, 50, 0, 0}}, budgets)
          .empty());
}

TEST(CudaBudgetCheck, RefusesLinesThatItCannotRead) {
  EXPECT_THROW(budgets_of("adam_kernel 256 64 4\n"), std::runtime_error);
  EXPECT_THROW(budgets_of("adam_kernel 256 64 4 0 0 0\n"), std::runtime_error);
  EXPECT_THROW(budgets_of("adam_kernel 0 64 4 0 0\n"), std::runtime_error);
  EXPECT_THROW(budgets_of("adam_kernel 256 64 4 0 16\n"), std::runtime_error);
  EXPECT_EQ(budgets_of("adam_kernel 256 64 4 0 16 # slow path of sincosf\n").size(), 1u);
  EXPECT_TRUE(budgets_of("\n# a comment\n").empty());
}

TEST(CudaOccupancy, IsBoundByThreadsRegistersAndSharedMemory) {
  EXPECT_EQ(resident_blocks(80, 256, 32, 0), 8);
  EXPECT_EQ(resident_blocks(75, 256, 32, 0), 4);
  EXPECT_EQ(resident_blocks(80, 256, 33, 0), 6);  // 40 registers a thread
  EXPECT_EQ(resident_blocks(90, 128, 128, 0), 4);
  EXPECT_EQ(resident_blocks(80, 128, 32, 40 << 10), 4);
  EXPECT_EQ(resident_blocks(80, 32, 16, 0), 32);
  EXPECT_THROW(resident_blocks(61, 256, 32, 0), std::runtime_error);
}

TEST(CudaKernelName, HasNoNamespacesAndNoParameters) {
  EXPECT_EQ(kernel_name("_ZN4kiln7kernels11adam_kernelENS0_8AdamStepIfEEPfPKfS3_S3_l"),
            "adam_kernel");
  EXPECT_EQ(kernel_name("_ZN4kiln7kernels10sum_kernelINS0_9ArrayTermEEEvT_lfPf"),
            "sum_kernel<ArrayTerm>");
  EXPECT_EQ(kernel_name("plain"), "plain");
}

}  // namespace
}  // namespace kiln::test
