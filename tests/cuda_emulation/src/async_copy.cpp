// SPDX-License-Identifier: MIT
// __pipeline_memcpy_async: the target is NaN from the issue on; the source is read at the wait.
#include "async_copy.h"

#include <cstdint>
#include <cstring>
#include <string>

#include "block_scheduler.h"
#include "cuda_pipeline.h"
#include "device_memory.h"
#include "faults.h"
#include "sanitizers.h"

namespace cuda_emulation {

void AsyncCopies::add(void* to, const void* from, std::size_t size, std::size_t zfill) {
  const TsanIgnore ignore;
  copies_.push_back({to, from, size, zfill, committed_});
}

void AsyncCopies::wait(std::size_t prior) {
  for (;;) {
    Copy copy;
    {
      const TsanIgnore ignore;
      if (copies_.empty() || copies_.front().batch + prior >= committed_) return;
      copy = copies_.front();
      copies_.erase(copies_.begin());
    }
    // In sight of the sanitizers: the waiting thread makes these accesses.
    const std::size_t bytes = copy.size - copy.zfill;
    if (bytes > 0) std::memcpy(copy.to, copy.from, bytes);  // else the source may be null
    std::memset(static_cast<std::byte*>(copy.to) + bytes, 0, copy.zfill);
  }
}

void AsyncCopies::clear() {
  copies_.clear();
  committed_ = 0;
}

namespace {

/// What is wrong with the copy; null if nothing is.
const char* objection(BlockScheduler& scheduler, const void* to, const void* from, std::size_t size,
                      std::size_t zfill) {
  const TsanIgnore ignore;
  if (size != 4 && size != 8 && size != 16) return "its size is not 4, 8 or 16";
  if (zfill > size) return "it zeroes more than its size";
  if (reinterpret_cast<std::uintptr_t>(to) % size != 0) return "its target is misaligned";
  if (reinterpret_cast<std::uintptr_t>(from) % size != 0) return "its source is misaligned";
  if (!scheduler.shared().contains(to, size)) return "its target is not in shared memory";
  if (zfill < size && device_memory().find(from, size - zfill) == nullptr) {
    return "its source is not in global memory";
  }
  return nullptr;
}

}  // namespace
}  // namespace cuda_emulation

KILN_EMULATION_NO_TSAN void __pipeline_memcpy_async(void* to_shared, const void* from_global,
                                                    std::size_t size, std::size_t zfill,
                                                    std::source_location site) {
  using namespace cuda_emulation;
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel("__pipeline_memcpy_async");
  if (const char* wrong = objection(scheduler, to_shared, from_global, size, zfill)) {
    scheduler.fail(cudaErrorIllegalAddress,
                   [=] { return "asynchronous copy at " + place(site) + ": " + wrong; });
  }
  std::memset(to_shared, 0xFF, size);  // in sight of the sanitizers
  scheduler.current().copies.add(to_shared, from_global, size, zfill);
}

KILN_EMULATION_NO_TSAN void __pipeline_commit() {
  using namespace cuda_emulation;
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel("__pipeline_commit");
  const TsanIgnore ignore;
  scheduler.current().copies.commit();
}

KILN_EMULATION_NO_TSAN void __pipeline_wait_prior(std::size_t prior) {
  using namespace cuda_emulation;
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel("__pipeline_wait_prior");
  scheduler.current().copies.wait(prior);
}
