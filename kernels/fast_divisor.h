// SPDX-License-Identifier: MIT
// Division of numbers below 2^31 by a divisor that is known before the kernel runs: a
// multiplication and a shift (Granlund & Montgomery 1994). With l = ceil(log2 d) and
// m = floor(2^(31+l) / d) + 1, floor(n / d) = floor(n m / 2^(31+l)) for every n < 2^31.
#pragma once

#include <cstdint>

#include "kernels/host_device.h"

namespace kiln::kernels {

class FastDivisor {
 public:
  // 1 <= divisor < 2^31
  explicit FastDivisor(std::int64_t divisor) : divisor_(static_cast<std::uint32_t>(divisor)) {
    while ((std::int64_t{1} << (shift_ - 31)) < divisor) ++shift_;
    multiplier_ = static_cast<std::uint32_t>((std::uint64_t{1} << shift_) / divisor_ + 1);
  }

  KILN_HOST_DEVICE std::uint32_t quotient(std::uint32_t n) const {
    return static_cast<std::uint32_t>((std::uint64_t{n} * multiplier_) >> shift_);
  }
  // n becomes n / divisor, the remainder is returned.
  KILN_HOST_DEVICE std::uint32_t split(std::uint32_t& n) const {
    const std::uint32_t whole = n;
    n = quotient(whole);
    return whole - n * divisor_;
  }

 private:
  std::uint32_t divisor_;
  std::uint32_t multiplier_;
  std::uint32_t shift_ = 31;
};

}  // namespace kiln::kernels
