// SPDX-License-Identifier: MIT
// Runs the threads of one block on fibers. Threads are picked at random among those that can go on;
// one that meets nothing to wait for runs to its end without a switch, and the fiber it leaves
// starts the next one. (Under ThreadSanitizer a fiber returns to the scheduler in between, so that
// each CUDA thread of a block is a thread of its own.)
#pragma once

#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "async_copy.h"
#include "cuda_emulation/barrier.h"
#include "cuda_emulation/error.h"
#include "cuda_emulation/vector_types.h"
#include "cuda_emulation/warp_collective.h"
#include "fiber.h"
#include "grid.h"
#include "sanitizers.h"
#include "shared_memory.h"

namespace cuda_emulation {

inline constexpr unsigned kMaxThreads = 1024;
inline constexpr unsigned kMaxWarps = kMaxThreads / 32;
/// Under ThreadSanitizer blocks take turns with so many sets of fibers and of barrier tokens: two
/// blocks that share them look ordered as soon as both pass a barrier.
inline constexpr unsigned kBlockSets = with_tsan ? 2 : 1;

struct CudaThread {
  uint3 index;
  Fiber* fiber = nullptr;                   // null before its start and after its end
  const WarpCollective* waiting = nullptr;  // the collective that it has arrived at
  AsyncCopies copies;
};

class BlockScheduler {
 public:
  static BlockScheduler& instance();

  void begin_grid(const KernelLaunch& launch);
  /// False after a fault.
  bool run(uint3 block_index);
  /// Orders everything that ran before what follows, for ThreadSanitizer.
  void join_blocks();
  void end_grid();

  // The rest is called by the CUDA threads.

  /// Ends the process with a message unless a kernel is running.
  void require_kernel(const char* what) const;
  CudaThread& current() { return threads_[current_]; }
  unsigned current_lane() const { return current_ % 32; }
  unsigned current_warp() const { return current_ / 32; }
  unsigned block_set() const { return block_set_; }
  SharedMemory& shared() { return shared_; }
  BarrierVotes barrier(bool predicate, const std::source_location& site);
  void meet(const WarpCollective& collective);
  void preempt();
  /// Raises a fault and abandons the block; does not return, so nothing that owns memory may be
  /// alive in the caller. The message is made by `describe`.
  template <class Describe>
  [[noreturn]] void fail(cudaError_t error, Describe describe) {
    raise(error, describe());
    stop();
  }

 private:
  static void fiber_main();
  void run_thread();
  bool finish_thread();
  int pick();
  void enter(unsigned thread);
  void make_runnable(unsigned warp, std::uint32_t lanes);
  void arrive_at_barrier(bool predicate, const std::source_location& site);
  void arrive_at_collective(const WarpCollective& collective);
  void try_complete(unsigned warp, const WarpCollective& collective);
  void suspend_current();
  Fiber* take_fiber();
  void abandon();
  void diagnose_deadlock();
  void raise(cudaError_t error, const std::string& message);
  [[noreturn]] void stop();
  std::string thread_name(unsigned thread) const;

  const KernelLaunch* launch_ = nullptr;
  dim3 configured_{0, 0, 0};
  unsigned thread_count_ = 0;
  std::vector<CudaThread> threads_;
  SharedMemory shared_;

  // Bit sets of lanes, a word per warp.
  std::uint32_t present_[kMaxWarps] = {};
  std::uint32_t runnable_[kMaxWarps] = {};
  std::uint32_t meeting_[kMaxWarps] = {};
  std::uint32_t exited_[kMaxWarps] = {};
  std::uint32_t at_barrier_[kMaxWarps] = {};
  std::uint32_t runnable_warps_ = 0;  // those whose runnable_ word is not zero

  unsigned block_set_ = 0;
  unsigned exited_count_ = 0;
  unsigned arrived_ = 0;
  unsigned barriers_passed_ = 0;
  int votes_ = 0;         // of the barrier that is filling
  int passed_votes_ = 0;  // of the barrier passed last
  std::source_location barrier_site_;

  unsigned current_ = 0;
  int next_ = -1;
  unsigned warp_ = 0;
  bool warp_by_warp_ = false;
  bool failed_ = false;
  bool fiber_is_free_ = false;  // the fiber that just suspended has no thread left

  Fiber* running_fiber_ = nullptr;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> free_fibers_[kBlockSets];

  // Addresses that stand for orderings.
  char grid_started_ = 0;
  char thread_ended_ = 0;
  char barrier_token_[kBlockSets][2] = {};  // alternate: a barrier must not order the one before it
};

}  // namespace cuda_emulation
