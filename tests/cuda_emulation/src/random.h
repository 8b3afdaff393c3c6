// SPDX-License-Identifier: MIT
// The seeded source of every random choice that the emulation makes (xorshift64*).
#pragma once

#include <cstdint>

namespace cuda_emulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u | 1u) {}

  std::uint32_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>(state_ * 0x2545F4914F6CDD1Du >> 32);
  }

  /// Uniform in [0, n), for n > 0.
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(std::uint64_t{next()} * n >> 32);
  }

  /// A bit that is set in `mask`, which is not zero.
  unsigned bit_of(std::uint32_t mask) {
    const unsigned turn = next() & 31u;
    const std::uint32_t turned = mask >> turn | mask << ((32 - turn) & 31);
    return (static_cast<unsigned>(__builtin_ctz(turned)) + turn) & 31u;
  }

 private:
  std::uint64_t state_;
};

/// The generator behind the schedule, seeded by KILN_EMULATION_SEED.
Random& schedule_random();

}  // namespace cuda_emulation
