// SPDX-License-Identifier: MIT
// Integers in the byte order of a file format, whatever the host's: IDX is big-endian,
// safetensors and npy are little-endian.
#pragma once

#include <bit>
#include <cstdint>

namespace kiln {

// Float data go to and from files as they lie in memory.
static_assert(std::endian::native == std::endian::little, "Kiln needs a little-endian host");

inline std::uint32_t load_big32(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | static_cast<std::uint32_t>(bytes[3]);
}

inline void store_big32(std::uint32_t value, std::uint8_t* bytes) {
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

inline std::uint64_t load_little64(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

inline void store_little64(std::uint64_t value, std::uint8_t* bytes) {
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace kiln
