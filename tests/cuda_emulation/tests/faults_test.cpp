// SPDX-License-Identifier: MIT
// Plants each fault in a process of its own and sees it reported; the correct twin runs clean.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "sanitizer_in_use.h"

namespace {

struct Outcome {
  int exit_code;
  std::string output;
};

Outcome run(const std::string& arguments) {
  const std::string command = std::string(KILN_PLANTED_FAULTS) + " " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  Outcome outcome{};
  std::array<char, 4096> buffer;
  while (const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), n);
  }
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

void expect_clean_twin(const std::string& name) {
  const Outcome outcome = run(name + " fixed");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_EQ(outcome.output, "");
}

/// The fault makes the program fail, and the output has `words` in it.
void expect_reported(const std::string& name, const std::string& words) {
  const Outcome outcome = run(name);
  EXPECT_NE(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find(words), std::string::npos) << outcome.output;
  expect_clean_twin(name);
}

/// A race: reported at its line by ThreadSanitizer, and a wrong result in every other build.
void expect_race(const std::string& name) {
  if (kThreadSanitizer) {
    const Outcome outcome = run(name);
    EXPECT_NE(outcome.exit_code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("ThreadSanitizer: data race"), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find("planted_faults.cpp:"), std::string::npos) << outcome.output;
  } else {
    EXPECT_EQ(run(name).exit_code, 1);
  }
  expect_clean_twin(name);
}

TEST(Faults, MissingBarrier) { expect_race("missing_barrier"); }
TEST(Faults, MissingSecondBarrier) { expect_race("missing_second_barrier"); }
TEST(Faults, MissingWarpBarrier) { expect_race("missing_warp_barrier"); }

TEST(Faults, MissingBarrierBeforeLdmatrix) { expect_race("missing_barrier_before_ldmatrix"); }

/// Only ThreadSanitizer sees these: blocks run one after the other.
void expect_race_between_blocks(const std::string& name) {
  expect_clean_twin(name);
  if (!kThreadSanitizer) GTEST_SKIP() << "needs ThreadSanitizer: blocks run one after the other";
  const Outcome outcome = run(name);
  EXPECT_NE(outcome.output.find("ThreadSanitizer: data race"), std::string::npos) << outcome.output;
}

TEST(Faults, RaceBetweenBlocks) { expect_race_between_blocks("race_between_blocks"); }
TEST(Faults, MissingFenceBeforeLastBlock) {
  expect_race_between_blocks("missing_fence_before_last_block");
}

TEST(Faults, GlobalOffByOne) {
  expect_reported("global_off_by_one", kAddressSanitizer
                                           ? "heap-buffer-overflow"
                                           : "write at byte 400 of 400 bytes of device memory, "
                                             "found after kernel (anonymous "
                                             "namespace)::global_bounds_kernel");
}

TEST(Faults, SharedOffByOne) {
  expect_reported("shared_off_by_one", kAddressSanitizer
                                           ? "heap-buffer-overflow"
                                           : "write at byte 256 of 256 bytes of shared memory");
}

TEST(Faults, MisalignedVector) {
  expect_clean_twin("misaligned_vector");
  if (!kUndefinedSanitizer) GTEST_SKIP() << "needs UndefinedBehaviorSanitizer";
  EXPECT_NE(run("misaligned_vector").output.find("misaligned address"), std::string::npos);
}

TEST(Faults, MissedCopyWait) { expect_reported("missed_copy_wait", ""); }
TEST(Faults, MissedCopyCommit) { expect_reported("missed_copy_commit", ""); }
TEST(Faults, MissedStreamWait) { expect_reported("missed_stream_wait", ""); }
TEST(Faults, DivergentBarrier) {
  expect_reported("divergent_barrier", "63 of 64 threads wait, 1 have exited");
}
TEST(Faults, UseAfterFree) {
  expect_reported("use_after_free", "is neither device nor pinned memory");
}

TEST(Faults, UncheckedLaunch) {
  for (const std::string name : {"unchecked_launch", "unchecked_launch_at_exit"}) {
    const Outcome outcome = run(name);
    EXPECT_NE(outcome.output.find("barrier_kernel(float*, bool) failed with "
                                  "cudaErrorInvalidConfiguration and nobody asked"),
              std::string::npos)
        << outcome.output;
    expect_clean_twin(name);
  }
}

}  // namespace
