// SPDX-License-Identifier: MIT
// What happens to a block in which something went wrong, and what is said about it.
#include <cstdio>
#include <cstdlib>

#include "block_scheduler.h"
#include "cuda_emulation/index.h"
#include "faults.h"
#include "kernel_name.h"
#include "sanitizers.h"

namespace cuda_emulation {
namespace {

std::string triple(uint3 v) {
  char text[40];
  std::snprintf(text, sizeof text, "(%u,%u,%u)", v.x, v.y, v.z);
  return text;
}

unsigned count(const std::uint32_t (&lanes)[kMaxWarps], unsigned warps) {
  unsigned sum = 0;
  for (unsigned warp = 0; warp < warps; ++warp)
    sum += static_cast<unsigned>(__builtin_popcount(lanes[warp]));
  return sum;
}

}  // namespace

std::string BlockScheduler::thread_name(unsigned thread) const {
  return triple(threads_[thread].index);
}

void BlockScheduler::raise(cudaError_t error, const std::string& message) {
  const TsanIgnore ignore;
  raise_fault(error, message + ", in block " + triple(current_block_index) + " of kernel " +
                         kernel_name(launch_->kernel));
  failed_ = true;
}

void BlockScheduler::stop() {
  suspend_current();
  std::abort();  // an abandoned fiber is never resumed
}

void BlockScheduler::abandon() {
  const unsigned warps = (thread_count_ + 31) / 32;
  for (unsigned i = 0; i < warps * 32 && i < thread_count_; ++i) {
    CudaThread& thread = threads_[i];
    thread.waiting = nullptr;
    thread.copies.clear();
    if (thread.fiber == nullptr) continue;
    thread.fiber->reset(&thread_ended_);
    free_fibers_[block_set_].push_back(thread.fiber);
    thread.fiber = nullptr;
  }
}

void BlockScheduler::diagnose_deadlock() {
  const unsigned warps = (thread_count_ + 31) / 32;
  if (arrived_ != 0) {
    unsigned missing = 0;
    while ((at_barrier_[missing / 32] >> missing % 32 & 1u) != 0) ++missing;
    const bool has_exited = (exited_[missing / 32] >> missing % 32 & 1u) != 0;
    raise(cudaErrorLaunchFailure,
          "divergent barrier at " + place(barrier_site_) + ": " + std::to_string(arrived_) +
              " of " + std::to_string(thread_count_) + " threads wait, " +
              std::to_string(exited_count_) + " have exited, " +
              std::to_string(count(meeting_, warps)) + " wait in a warp operation; thread " +
              thread_name(missing) + (has_exited ? " exited" : " is missing"));
    return;
  }
  for (unsigned i = 0; i < thread_count_; ++i) {
    const WarpCollective* waiting = threads_[i].waiting;
    if (waiting == nullptr) continue;
    char mask[16];
    std::snprintf(mask, sizeof mask, "0x%08x", waiting->mask);
    raise(cudaErrorLaunchFailure, std::string("lanes never met: ") + waiting->name + " at " +
                                      place(waiting->site) + " with mask " + mask +
                                      ", first waited for by thread " + thread_name(i));
    return;
  }
}

}  // namespace cuda_emulation
