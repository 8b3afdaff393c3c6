// SPDX-License-Identifier: MIT
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011).
#pragma once

#include <array>
#include <cstdint>

namespace kiln::kernels {

using PhiloxWords = std::array<std::uint32_t, 4>;

// One of ten rounds; `round` counts from 0.
inline PhiloxWords philox_round(PhiloxWords counter, std::uint64_t key, std::uint32_t round) {
  const std::uint32_t key0 = static_cast<std::uint32_t>(key) + round * 0x9E3779B9;
  const std::uint32_t key1 = static_cast<std::uint32_t>(key >> 32) + round * 0xBB67AE85;
  const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
  const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
  return {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0,
          static_cast<std::uint32_t>(product1),
          static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1,
          static_cast<std::uint32_t>(product0)};
}

inline constexpr std::uint32_t kPhiloxRounds = 10;

// All rounds over a 128-bit counter under a 64-bit key.
inline PhiloxWords philox4x32_10(PhiloxWords counter, std::uint64_t key) {
  for (std::uint32_t round = 0; round < kPhiloxRounds; ++round) {
    counter = philox_round(counter, key, round);
  }
  return counter;
}

// The words of draw number `draw` for elements 4 quad .. 4 quad + 3: cuRAND's counter layout, with
// the offset in the low half and the subsequence in the high half.
inline PhiloxWords philox_counter(std::uint64_t draw, std::uint64_t quad) {
  return {static_cast<std::uint32_t>(draw), static_cast<std::uint32_t>(draw >> 32),
          static_cast<std::uint32_t>(quad), static_cast<std::uint32_t>(quad >> 32)};
}
inline PhiloxWords philox_quad(std::uint64_t seed, std::uint64_t draw, std::uint64_t quad) {
  return philox4x32_10(philox_counter(draw, quad), seed);
}

}  // namespace kiln::kernels
