// SPDX-License-Identifier: MIT
// Where a kernel gets its shared memory.
#include "block_scheduler.h"
#include "kiln_emulated_shared.h"
#include "sanitizers.h"

namespace cuda_emulation {

void* block_storage(const void* key, std::size_t bytes, std::size_t alignment) {
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel("block_shared");
  const TsanIgnore ignore;
  void* storage = scheduler.shared().storage(key, bytes, alignment);
  if (storage == nullptr) {
    scheduler.fail(cudaErrorLaunchOutOfResources,
                   [] { return "the kernel's shared variables exceed 49152 bytes"; });
  }
  if (scheduler.shared().static_bytes() + scheduler.shared().dynamic_bytes() >
      kSharedPerBlockLimit) {
    scheduler.fail(cudaErrorLaunchOutOfResources,
                   [] { return "static and dynamic shared memory exceed the device's limit"; });
  }
  return storage;
}

void* dynamic_shared() {
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel("dynamic_shared");
  const TsanIgnore ignore;
  return scheduler.shared().dynamic();
}

}  // namespace cuda_emulation
