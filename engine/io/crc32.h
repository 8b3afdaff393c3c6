// SPDX-License-Identifier: MIT
// CRC-32 as gzip and PNG have it (ISO 3309): finds accidents, not malice.
#pragma once

#include <cstdint>
#include <span>

namespace kiln {

// Of `bytes` behind those whose checksum is `before`.
std::uint32_t crc32_of(std::span<const std::uint8_t> bytes, std::uint32_t before = 0);

}  // namespace kiln
