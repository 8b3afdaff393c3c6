// SPDX-License-Identifier: MIT
// __syncthreads and its votes, memory fences.
#include <cstring>

#include "block_scheduler.h"
#include "faults.h"
#include "sanitizers.h"

namespace cuda_emulation {
namespace {

bool same_place(const std::source_location& a, const std::source_location& b) {
  return a.line() == b.line() &&
         (a.file_name() == b.file_name() || std::strcmp(a.file_name(), b.file_name()) == 0);
}

char fence_token;

}  // namespace

void BlockScheduler::arrive_at_barrier(bool predicate, const std::source_location& site) {
  const TsanIgnore ignore;
  if (arrived_ == 0) {
    barrier_site_ = site;
  } else if (!same_place(site, barrier_site_)) {
    fail(cudaErrorLaunchFailure, [&] {
      return "divergent barrier: thread " + thread_name(current_) + " is at " + place(site) +
             ", others at " + place(barrier_site_);
    });
  }
  votes_ += predicate ? 1 : 0;
  at_barrier_[current_warp()] |= 1u << current_lane();
  if (++arrived_ < thread_count_) return;
  passed_votes_ = votes_;
  votes_ = 0;
  arrived_ = 0;
  ++barriers_passed_;
  for (unsigned warp = 0; present_[warp] != 0; ++warp) {
    at_barrier_[warp] = 0;
    make_runnable(warp, present_[warp]);
    if (warp == kMaxWarps - 1) break;
  }
}

KILN_EMULATION_NO_TSAN BarrierVotes BlockScheduler::barrier(bool predicate,
                                                            const std::source_location& site) {
  char* token = &barrier_token_[block_set_][barriers_passed_ & 1u];
  happens_before(token);
  arrive_at_barrier(predicate, site);
  suspend_current();
  happens_after(token);
  return {passed_votes_, static_cast<int>(thread_count_)};
}

BarrierVotes block_barrier(bool predicate, std::source_location site) {
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel("__syncthreads");
  return scheduler.barrier(predicate, site);
}

/// Two fences order what came before the first with what comes after the second.
void memory_fence() {
  happens_after(&fence_token);
  happens_before(&fence_token);
}

}  // namespace cuda_emulation
