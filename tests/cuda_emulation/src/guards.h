// SPDX-License-Identifier: MIT
// Guard bytes around memory, for the builds in which AddressSanitizer does not watch it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace cuda_emulation {

inline constexpr std::size_t kGuardBytes = 64;
inline constexpr unsigned char kGuardByte = 0xA5;

/// Fills the guards before and after [data, data + bytes).
inline void write_guards(std::byte* data, std::size_t bytes) {
  std::memset(data - kGuardBytes, kGuardByte, kGuardBytes);
  std::memset(data + bytes, kGuardByte, kGuardBytes);
}

/// Where the guards were written to, in words; "" if they were not. Mends them.
inline std::string damaged_guards(std::byte* data, std::size_t bytes) {
  static const auto whole = [] {
    struct Pattern {
      unsigned char bytes[kGuardBytes];
    } pattern;
    std::memset(pattern.bytes, kGuardByte, kGuardBytes);
    return pattern;
  }();
  const bool before = std::memcmp(data - kGuardBytes, whole.bytes, kGuardBytes) != 0;
  const bool after = std::memcmp(data + bytes, whole.bytes, kGuardBytes) != 0;
  if (!before && !after) return "";
  const std::byte* guard = before ? data - kGuardBytes : data + bytes;
  std::size_t first = 0;
  while (static_cast<unsigned char>(guard[before ? kGuardBytes - 1 - first : first]) ==
         kGuardByte) {
    ++first;
  }
  write_guards(data, bytes);
  const auto offset = static_cast<std::ptrdiff_t>(first);
  return "at byte " +
         std::to_string(before ? -1 - offset : static_cast<std::ptrdiff_t>(bytes) + offset) +
         " of " + std::to_string(bytes) + " bytes";
}

}  // namespace cuda_emulation
