// SPDX-License-Identifier: MIT
// Counters of the host's calls.
#include "call_counters.h"

#include "device_memory.h"
#include "runtime.h"

namespace cuda_emulation {

Counters& call_counters() {
  static Counters instance;
  return instance;
}

Counters counters() {
  const RuntimeLock lock;
  return call_counters();
}

void reset_counters() {
  const RuntimeLock lock;
  call_counters() = {};
}

std::uint64_t live_allocations() {
  const RuntimeLock lock;
  return device_memory().device_allocations();
}

std::uint64_t live_bytes() {
  const RuntimeLock lock;
  return device_memory().device_bytes();
}

}  // namespace cuda_emulation
