// SPDX-License-Identifier: MIT
// Lanes that meet: the mechanism behind shuffles and votes, and __syncwarp on top of it.
#include "cuda_emulation/warp_collective.h"

#include <cstdint>
#include <cstring>

#include "block_scheduler.h"
#include "cuda_emulation/warp.h"
#include "faults.h"
#include "sanitizers.h"

namespace cuda_emulation {
namespace {

bool match(const WarpCollective& a, const WarpCollective& b) {
  return a.mask == b.mask && (a.name == b.name || std::strcmp(a.name, b.name) == 0);
}

/// For ThreadSanitizer each lane signals on one of four tokens in turn: a lane that is slow to
/// resume must not pick up what another lane did after the barrier.
constexpr unsigned kTurns = 4;
char warp_tokens[kBlockSets][kMaxWarps][32][kTurns];
std::uint8_t warp_turns[kMaxWarps][32];

struct WarpBarrierArgument {
  std::uint8_t turn[32];
};

void complete_warp_barrier(void* const* arguments, unsigned participants) {
  if (!with_tsan) return;
  WarpBarrierArgument all{};
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (participants >> lane & 1u) {
      all.turn[lane] = static_cast<WarpBarrierArgument*>(arguments[lane])->turn[lane];
    }
  }
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (participants >> lane & 1u) *static_cast<WarpBarrierArgument*>(arguments[lane]) = all;
  }
}

}  // namespace

void BlockScheduler::arrive_at_collective(const WarpCollective& collective) {
  const TsanIgnore ignore;
  const unsigned warp = current_warp();
  if ((collective.mask >> current_lane() & 1u) == 0) {
    fail(cudaErrorLaunchFailure, [&] {
      return std::string(collective.name) + " at " + place(collective.site) +
             ": the mask leaves out the calling thread " + thread_name(current_);
    });
  }
  current().waiting = &collective;
  meeting_[warp] |= 1u << current_lane();
  try_complete(warp, collective);
}

void BlockScheduler::try_complete(unsigned warp, const WarpCollective& collective) {
  const std::uint32_t needed = collective.mask & present_[warp] & ~exited_[warp];
  if ((needed & ~meeting_[warp]) != 0) return;
  void* arguments[32] = {};
  for (std::uint32_t rest = needed; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    const WarpCollective& other = *threads_[warp * 32 + static_cast<unsigned>(lane)].waiting;
    if (!match(other, collective)) return;
    arguments[lane] = other.argument;
  }
  collective.complete(arguments, needed);
  for (std::uint32_t rest = needed; rest != 0; rest &= rest - 1) {
    threads_[warp * 32 + static_cast<unsigned>(__builtin_ctz(rest))].waiting = nullptr;
  }
  meeting_[warp] &= ~needed;
  make_runnable(warp, needed);
}

void BlockScheduler::meet(const WarpCollective& collective) {
  arrive_at_collective(collective);
  suspend_current();
}

void warp_collective(const WarpCollective& collective) {
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel(collective.name);
  scheduler.meet(collective);
}

KILN_EMULATION_NO_TSAN unsigned lane_id() { return BlockScheduler::instance().current_lane(); }

KILN_EMULATION_NO_TSAN void warp_barrier(unsigned mask, std::source_location site) {
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel("__syncwarp");
  const unsigned warp = scheduler.current_warp(), lane = scheduler.current_lane();
  auto& tokens = warp_tokens[scheduler.block_set()][warp];
  WarpBarrierArgument argument{};
  if (with_tsan) {
    argument.turn[lane] = warp_turns[warp][lane]++ % kTurns;
    happens_before(&tokens[lane][argument.turn[lane]]);
  }
  scheduler.meet({"__syncwarp", mask, &argument, complete_warp_barrier, site});
  if (with_tsan) {
    for (unsigned other = 0; other < 32; ++other) {
      if (mask >> other & 1u) happens_after(&tokens[other][argument.turn[other]]);
    }
  }
}

}  // namespace cuda_emulation
