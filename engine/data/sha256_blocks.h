// SPDX-License-Identifier: MIT
// SHA-256's compression of whole blocks of 64 bytes into its state, two ways with equal results.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kiln {

// By the formulas of FIPS 180-4, section 6.2.
void sha256_blocks_portable(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count);

// By the instructions that many x86 CPUs have for it, several times as fast. Null where this one
// has not.
using Sha256Blocks = void (*)(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count);
Sha256Blocks sha256_blocks_by_instruction();

}  // namespace kiln
