// SPDX-License-Identifier: MIT
#include "kernels/fast_divisor.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kiln::test {
namespace {

// Around every multiple that is a power of two, and at the ends of the range, for small divisors,
// powers of two, their neighbours and the largest.
TEST(FastDivisor, QuotientAndRemainder) {
  constexpr std::int64_t kEnd = std::int64_t{1} << 31;
  std::vector<std::int64_t> divisors = {kEnd - 1, kEnd - 2, 1000003, 784, 1431655765};
  for (std::int64_t d = 1; d < 130; ++d) divisors.push_back(d);
  for (int bit = 7; bit < 31; ++bit) {
    for (const std::int64_t around : {-1, 0, 1}) divisors.push_back((1ll << bit) + around);
  }
  for (const std::int64_t divisor : divisors) {
    const kernels::FastDivisor by(divisor);
    std::vector<std::int64_t> numbers = {0, 1, 2, kEnd - 1, kEnd - 2};
    for (std::int64_t multiple = divisor; multiple < kEnd; multiple *= 2) {
      for (const std::int64_t around : {-1, 0, 1}) numbers.push_back(multiple + around);
    }
    const std::int64_t last = (kEnd - 1) / divisor * divisor;
    numbers.push_back(last);
    numbers.push_back(std::max<std::int64_t>(last - 1, 0));
    for (const std::int64_t number : numbers) {
      if (number >= kEnd) continue;
      auto quotient = static_cast<std::uint32_t>(number);
      const std::uint32_t remainder = by.split(quotient);
      ASSERT_EQ(quotient, number / divisor) << number << " / " << divisor;
      ASSERT_EQ(remainder, number % divisor) << number << " / " << divisor;
    }
  }
}

}  // namespace
}  // namespace kiln::test
