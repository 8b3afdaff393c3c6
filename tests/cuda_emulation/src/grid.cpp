// SPDX-License-Identifier: MIT
// A grid: blocks one after the other, in a random order.
#include "grid.h"

#include <cstdint>
#include <numeric>
#include <vector>

#include "block_scheduler.h"
#include "device_memory.h"
#include "faults.h"
#include "kernel_name.h"
#include "random.h"
#include "sanitizers.h"

namespace cuda_emulation {
namespace {

/// A random permutation of 0 .. n-1 that needs no table: steps of a length coprime to n.
class BlockOrder {
 public:
  explicit BlockOrder(std::uint64_t n) : n_(n), at_(schedule_random().next() % n) {
    do {
      step_ = schedule_random().next() % n + 1;
    } while (std::gcd(step_, n) != 1);
  }
  std::uint64_t next() { return at_ = (at_ + step_) % n_; }

 private:
  std::uint64_t n_, at_, step_;
};

/// A pointer that no device could follow is a fault even if the kernel does not use it.
bool check_pointers(const KernelLaunch& launch) {
  for (std::size_t i = 0; i < launch.pointers.size(); ++i) {
    const void* pointer = launch.pointers[i];
    if (pointer == nullptr || device_memory().find(pointer, 0) != nullptr) continue;
    raise_fault(cudaErrorIllegalAddress, "pointer argument " + std::to_string(i) + " of kernel " +
                                             kernel_name(launch.kernel) +
                                             " is neither device nor pinned memory");
    return false;
  }
  return true;
}

}  // namespace

void run_grid(const KernelLaunch& launch) {
  if (!check_pointers(launch)) return;
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.begin_grid(launch);
  const std::uint64_t columns = launch.grid.x, rows = launch.grid.y;
  const std::uint64_t blocks = columns * rows * launch.grid.z;
  BlockOrder order(blocks);
  // ThreadSanitizer sees the blocks of one batch as unordered; their shared memory lives as long.
  constexpr std::uint64_t kBatch = 64;
  bool whole = true;
  for (std::uint64_t i = 0; i < blocks && whole; ++i) {
    const std::uint64_t block = order.next();
    whole = scheduler.run({static_cast<unsigned>(block % columns),
                           static_cast<unsigned>(block / columns % rows),
                           static_cast<unsigned>(block / columns / rows)});
    if (with_tsan && i % kBatch == kBatch - 1) scheduler.join_blocks();
  }
  scheduler.end_grid();
  const std::string damage = device_memory().damage();
  if (!damage.empty()) {
    raise_fault(cudaErrorIllegalAddress,
                "write " + damage + ", found after kernel " + kernel_name(launch.kernel));
  }
}

}  // namespace cuda_emulation
