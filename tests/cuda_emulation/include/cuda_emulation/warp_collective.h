// SPDX-License-Identifier: MIT
// The one mechanism behind every warp-level operation: lanes meet, one function computes all of
// their results, all go on. A new operation (a vote, a matrix fragment product) is an argument
// struct and a `complete` function.
#pragma once

#include <source_location>

namespace cuda_emulation {

struct WarpCollective {
  const char* name;  // lanes that meet must agree on it and on the mask
  unsigned mask;     // the lanes that take part; those that have exited are not waited for
  void* argument;    // this lane's inputs and outputs
  /// Called once, when all are there. arguments[lane] is null where `participants` has no bit.
  void (*complete)(void* const* arguments, unsigned participants);
  std::source_location site;
};

/// Blocks the calling thread until every live lane of the mask has arrived.
void warp_collective(const WarpCollective& collective);

/// The caller's position in its warp, 0 to 31.
unsigned lane_id();

}  // namespace cuda_emulation
