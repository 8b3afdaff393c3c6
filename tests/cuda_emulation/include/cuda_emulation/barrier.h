// SPDX-License-Identifier: MIT
// Block barriers and memory fences. A barrier must be reached by every thread of the block, at the
// same place in the source; anything else is a fault that names the kernel and the place.
#pragma once

#include <source_location>

namespace cuda_emulation {

struct BarrierVotes {
  int count;  // threads whose predicate was not zero
  int threads;
};

BarrierVotes block_barrier(bool predicate, std::source_location site);
void memory_fence();

}  // namespace cuda_emulation

inline void __syncthreads(std::source_location site = std::source_location::current()) {
  cuda_emulation::block_barrier(false, site);
}
inline int __syncthreads_count(int predicate,
                               std::source_location site = std::source_location::current()) {
  return cuda_emulation::block_barrier(predicate != 0, site).count;
}
inline int __syncthreads_or(int predicate,
                            std::source_location site = std::source_location::current()) {
  return cuda_emulation::block_barrier(predicate != 0, site).count != 0;
}
inline int __syncthreads_and(int predicate,
                             std::source_location site = std::source_location::current()) {
  const auto votes = cuda_emulation::block_barrier(predicate != 0, site);
  return votes.count == votes.threads;
}

inline void __threadfence() { cuda_emulation::memory_fence(); }
inline void __threadfence_block() { cuda_emulation::memory_fence(); }
inline void __threadfence_system() { cuda_emulation::memory_fence(); }
