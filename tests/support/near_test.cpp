// SPDX-License-Identifier: MIT
#include "tests/support/near.h"

#include <limits>
#include <string>
#include <vector>

namespace kiln::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
using Values = std::vector<double>;

TEST(Near, AcceptsWhatIsWithinTheTolerance) {
  EXPECT_TRUE(near(Values{}, Values{}, 0, 0));
  EXPECT_TRUE(near(Values{1, -2}, Values{1, -2}, 0, 0));
  EXPECT_TRUE(near(Values{1.25}, Values{1}, 0, 0.25));
  EXPECT_TRUE(near(Values{-5}, Values{-4}, 0.25, 0));
  EXPECT_TRUE(near(std::vector<float>{0.5f}, Values{0.5}, 0, 0));
  EXPECT_TRUE(near(1.0f, 1.0, 0, 0));
}

TEST(Near, RejectsWhatIsBeyondIt) {
  EXPECT_FALSE(near(Values{1.26}, Values{1}, 0, 0.25));
  EXPECT_FALSE(near(Values{-5.1}, Values{-4}, 0.25, 0));
  EXPECT_FALSE(near(Values{4}, Values{-4}, 0.25, 0));
  EXPECT_FALSE(near(Values{1e-30}, Values{0}, 1, 0));
  EXPECT_FALSE(near(1.0, 2.0, 0.25, 0.25));
}

TEST(Near, NanIsNearNothing) {
  EXPECT_FALSE(near(Values{kNan}, Values{0}, 1, kInf));
  EXPECT_FALSE(near(Values{0}, Values{kNan}, 1, kInf));
  EXPECT_FALSE(near(Values{kNan, kNan}, Values{kNan, kNan}, 1, 1));
  EXPECT_FALSE(near(Values{0}, Values{0.5}, kNan, 1));
  EXPECT_FALSE(near(Values{0}, Values{0.5}, 1, kNan));
}

TEST(Near, InfinityIsNearItselfOnly) {
  EXPECT_TRUE(near(Values{kInf, -kInf}, Values{kInf, -kInf}, 0, 0));
  EXPECT_FALSE(near(Values{1}, Values{kInf}, 1, 1));
  EXPECT_FALSE(near(Values{kInf}, Values{1}, 1, 1));
  EXPECT_FALSE(near(Values{-kInf}, Values{kInf}, 1, 1));
}

TEST(Near, SizesMustBeEqual) {
  EXPECT_FALSE(near(Values{1}, Values{1, 1}, 1, 1));
  EXPECT_FALSE(near(Values{1, 1}, Values{1}, 1, 1));
  EXPECT_FALSE(near(Values{}, Values{1}, 1, 1));
}

TEST(Near, NamesTheWorstElement) {
  const std::string message = near(Values{0, 2, 9, 3}, Values{0, 1, 1, 3}, 0, 0.5).message();
  EXPECT_NE(message.find("2 of 4 elements differ, worst [2]: 9 is not near 1"), std::string::npos)
      << message;
}

TEST(Near, NamesNanAsTheWorst) {
  const std::string message = near(Values{9, kNan, 99}, Values{0, 0, 0}, 0, 0.5).message();
  EXPECT_NE(message.find("3 of 3 elements differ, worst [1]: nan"), std::string::npos) << message;
}

TEST(Near, ToleranceMayDifferByElement) {
  const auto tolerance = [](std::size_t i) { return i == 0 ? 1.0 : 0.0; };
  EXPECT_TRUE(near_each(Values{1, 1}, Values{2, 1}, tolerance));
  EXPECT_FALSE(near_each(Values{1, 1}, Values{1, 2}, tolerance));
}

TEST(SameBits, TellsZerosApartAndAcceptsNan) {
  EXPECT_TRUE(same_bits(Values{kNan, kInf, -0.0}, Values{kNan, kInf, -0.0}));
  EXPECT_FALSE(same_bits(Values{0.0}, Values{-0.0}));
  EXPECT_FALSE(same_bits(Values{1}, Values{1 + std::numeric_limits<double>::epsilon()}));
  EXPECT_FALSE(same_bits(Values{1}, Values{}));
}

}  // namespace
}  // namespace kiln::test
