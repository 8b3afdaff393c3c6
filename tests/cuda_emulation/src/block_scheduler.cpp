// SPDX-License-Identifier: MIT
// The scheduler's loop, and the life of a CUDA thread.
#include "block_scheduler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cuda_emulation/atomics.h"
#include "cuda_emulation/index.h"
#include "faults.h"
#include "kernel_name.h"
#include "random.h"
#include "sanitizers.h"

namespace cuda_emulation {

uint3 current_thread_index;
uint3 current_block_index;
dim3 current_block_size;
dim3 current_grid_size;

BlockScheduler& BlockScheduler::instance() {
  static auto* scheduler = new BlockScheduler;
  return *scheduler;
}

void BlockScheduler::begin_grid(const KernelLaunch& launch) {
  launch_ = &launch;
  shared_.begin_grid(launch.dynamic_bytes);
  current_block_size = launch.block;
  current_grid_size = launch.grid;
  const dim3 size = launch.block;
  if (size.x != configured_.x || size.y != configured_.y || size.z != configured_.z) {
    configured_ = size;
    thread_count_ = size.x * size.y * size.z;
    if (threads_.size() < thread_count_) threads_.resize(thread_count_);
    for (unsigned i = 0; i < thread_count_; ++i) {
      threads_[i].index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
    }
    for (unsigned warp = 0; warp < kMaxWarps; ++warp) {
      const unsigned first = warp * 32;
      const unsigned lanes = thread_count_ > first ? std::min(32u, thread_count_ - first) : 0;
      present_[warp] = lanes == 32 ? ~0u : (1u << lanes) - 1;
    }
  }
}

bool BlockScheduler::run(uint3 block_index) {
  const TsanIgnore ignore;
  current_block_index = block_index;
  block_set_ = (block_set_ + 1) % kBlockSets;
  shared_.begin_block();
  runnable_warps_ = 0;
  const unsigned warps = (thread_count_ + 31) / 32;
  for (unsigned warp = 0; warp < warps; ++warp) {
    meeting_[warp] = exited_[warp] = at_barrier_[warp] = runnable_[warp] = 0;
    make_runnable(warp, present_[warp]);
  }
  exited_count_ = arrived_ = 0;
  votes_ = 0;
  next_ = -1;
  failed_ = false;
  warp_by_warp_ = (schedule_random().next() & 1u) != 0;
  happens_before(&grid_started_);
  for (;;) {
    const int thread = next_ >= 0 ? next_ : pick();
    next_ = -1;
    if (thread < 0) break;
    enter(static_cast<unsigned>(thread));
    CudaThread& next = current();
    if (next.fiber == nullptr) next.fiber = take_fiber();
    running_fiber_ = next.fiber;
    running_fiber_->resume();
    if (fiber_is_free_) {
      fiber_is_free_ = false;
      free_fibers_[block_set_].push_back(running_fiber_);
    }
    if (failed_) break;
  }
  if (!failed_ && exited_count_ != thread_count_) diagnose_deadlock();
  if (failed_) abandon();
  const std::string damage = shared_.end_block();
  if (!damage.empty()) raise(cudaErrorIllegalAddress, "write " + damage);
  return !failed_;
}

void BlockScheduler::join_blocks() {
  happens_after(&thread_ended_);
  shared_.drop_retired();
}

void BlockScheduler::end_grid() {
  join_blocks();
  shared_.end_grid();
  launch_ = nullptr;
}

int BlockScheduler::pick() {
  if (runnable_warps_ == 0) return -1;
  Random& random = schedule_random();
  if (!warp_by_warp_ || (runnable_warps_ >> warp_ & 1u) == 0)
    warp_ = random.bit_of(runnable_warps_);
  const unsigned lane = random.bit_of(runnable_[warp_]);
  runnable_[warp_] &= ~(1u << lane);
  if (runnable_[warp_] == 0) runnable_warps_ &= ~(1u << warp_);
  return static_cast<int>(warp_ * 32 + lane);
}

void BlockScheduler::enter(unsigned thread) {
  current_ = thread;
  current_thread_index = threads_[thread].index;
}

void BlockScheduler::make_runnable(unsigned warp, std::uint32_t lanes) {
  runnable_[warp] |= lanes;
  runnable_warps_ |= 1u << warp;
}

Fiber* BlockScheduler::take_fiber() {
  std::vector<Fiber*>& pool = free_fibers_[block_set_];
  // A few more than needed, so that the same thread of two blocks is seldom the same fiber and
  // ThreadSanitizer can tell them apart.
  constexpr std::size_t kSpare = with_tsan ? 32 : 0;
  if (pool.size() <= kSpare) {
    fibers_.push_back(std::make_unique<Fiber>(&BlockScheduler::fiber_main));
    pool.push_back(fibers_.back().get());
  }
  if (with_tsan) {
    const auto any = schedule_random().below(static_cast<std::uint32_t>(pool.size()));
    std::swap(pool[any], pool.back());
  }
  Fiber* fiber = pool.back();
  pool.pop_back();
  return fiber;
}

KILN_EMULATION_NO_TSAN void BlockScheduler::fiber_main() {
  BlockScheduler& scheduler = instance();
  Fiber* fiber = scheduler.running_fiber_;
  fiber->started();
  for (;;) {
    do {
      scheduler.run_thread();
    } while (scheduler.finish_thread());
    fiber->suspend();
  }
}

KILN_EMULATION_NO_TSAN void BlockScheduler::run_thread() {
  happens_after(&grid_started_);
  launch_->thread();
  happens_before(&thread_ended_);
}

/// True if this fiber goes on with a thread that has not started yet.
bool BlockScheduler::finish_thread() {
  const TsanIgnore ignore;
  CudaThread& thread = current();
  Fiber* fiber = thread.fiber;
  thread.fiber = nullptr;
  thread.copies.clear();
  const unsigned warp = current_warp();
  exited_[warp] |= 1u << current_lane();
  ++exited_count_;
  for (std::uint32_t rest = meeting_[warp]; rest != 0; rest &= rest - 1) {
    // An earlier round may have completed this lane's collective.
    const WarpCollective* met = threads_[warp * 32 + __builtin_ctz(rest)].waiting;
    if (met != nullptr) try_complete(warp, *met);
  }
  if (!with_tsan) {
    next_ = pick();
    if (next_ >= 0 && threads_[next_].fiber == nullptr) {
      enter(static_cast<unsigned>(next_));
      next_ = -1;
      current().fiber = fiber;
      return true;
    }
  }
  fiber_is_free_ = true;
  return false;
}

KILN_EMULATION_NO_TSAN void BlockScheduler::suspend_current() {
  threads_[current_].fiber->suspend();
}

void BlockScheduler::preempt() {
  {
    const TsanIgnore ignore;
    if (launch_ == nullptr || runnable_warps_ == 0 || schedule_random().below(4) != 0) return;
    make_runnable(current_warp(), 1u << current_lane());
  }
  suspend_current();
}

void preemption_point() { BlockScheduler::instance().preempt(); }

void BlockScheduler::require_kernel(const char* what) const {
  const TsanIgnore ignore;
  if (launch_ != nullptr) return;
  std::fprintf(stderr, "[cuda_emulation] %s called outside a kernel\n", what);
  std::abort();
}

}  // namespace cuda_emulation
