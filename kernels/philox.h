// SPDX-License-Identifier: MIT
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011).
#pragma once

#include <array>
#include <cstdint>

namespace kiln::kernels {

using PhiloxWords = std::array<std::uint32_t, 4>;

// Ten rounds over a 128-bit counter under a 64-bit key.
inline PhiloxWords philox4x32_10(PhiloxWords counter, std::uint64_t key) {
  auto key0 = static_cast<std::uint32_t>(key);
  auto key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0,
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1,
               static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

// The words of draw number `draw` for elements 4 quad .. 4 quad + 3: cuRAND's counter layout, with
// the offset in the low half and the subsequence in the high half.
inline PhiloxWords philox_quad(std::uint64_t seed, std::uint64_t draw, std::uint64_t quad) {
  return philox4x32_10({static_cast<std::uint32_t>(draw), static_cast<std::uint32_t>(draw >> 32),
                        static_cast<std::uint32_t>(quad), static_cast<std::uint32_t>(quad >> 32)},
                       seed);
}

}  // namespace kiln::kernels
