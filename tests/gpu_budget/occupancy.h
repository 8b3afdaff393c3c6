// SPDX-License-Identifier: MIT
// How many blocks of a kernel one multiprocessor holds at a time. The limits are those of the CUDA
// C++ Programming Guide, "Compute Capabilities".
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

namespace kiln::test {

struct Multiprocessor {
  int sm;
  int threads;
  int blocks;
  int shared_bytes;
  int reserved_shared_bytes;  // of each block, by the system
};

inline constexpr int kRegistersPerMultiprocessor = 65536;
inline constexpr Multiprocessor kMultiprocessors[] = {
    {75, 1024, 16, 64 << 10, 0},      {80, 2048, 32, 164 << 10, 1024},
    {86, 1536, 16, 100 << 10, 1024},  {89, 1536, 24, 100 << 10, 1024},
    {87, 1536, 16, 164 << 10, 1024},  {90, 2048, 32, 228 << 10, 1024},
    {100, 2048, 32, 228 << 10, 1024}, {103, 2048, 32, 228 << 10, 1024},
    {120, 1536, 24, 100 << 10, 1024}, {121, 1536, 24, 100 << 10, 1024},
};

// shared_bytes: static and dynamic together. A warp takes registers in units of 256, a block takes
// whole warps and shared memory in units of 128 bytes.
inline int resident_blocks(int sm, int threads, int registers, int shared_bytes) {
  const auto* const found = std::find_if(std::begin(kMultiprocessors), std::end(kMultiprocessors),
                                         [&](const Multiprocessor& m) { return m.sm == sm; });
  if (found == std::end(kMultiprocessors)) {
    throw std::runtime_error("occupancy.h does not know sm_" + std::to_string(sm));
  }
  const int warps = (threads + 31) / 32;
  const int registers_of_warp = (registers * 32 + 255) / 256 * 256;
  int blocks = std::min(found->blocks, found->threads / (warps * 32));
  if (registers > 0) {
    blocks = std::min(blocks, kRegistersPerMultiprocessor / registers_of_warp / warps);
  }
  const int shared = (shared_bytes + found->reserved_shared_bytes + 127) / 128 * 128;
  if (shared > 0) blocks = std::min(blocks, found->shared_bytes / shared);
  return blocks;
}

}  // namespace kiln::test
