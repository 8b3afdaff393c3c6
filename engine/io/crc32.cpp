// SPDX-License-Identifier: MIT
#include "engine/io/crc32.h"

#include <zlib.h>

namespace kiln {

std::uint32_t crc32_of(std::span<const std::uint8_t> bytes, std::uint32_t before) {
  return static_cast<std::uint32_t>(::crc32_z(before, bytes.data(), bytes.size()));
}

}  // namespace kiln
