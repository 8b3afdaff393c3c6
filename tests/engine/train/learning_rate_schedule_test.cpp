// SPDX-License-Identifier: MIT
#include "engine/train/learning_rate_schedule.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

std::vector<double> factors(const LearningRateSchedule& schedule, std::int64_t num_epochs) {
  std::vector<double> result;
  for (std::int64_t epoch = 0; epoch < num_epochs; ++epoch) {
    result.push_back(schedule.factor(epoch, num_epochs));
  }
  return result;
}

// PyTorch 2.15: StepLR(optimizer, 3, 0.5) and CosineAnnealingLR(optimizer, 8), stepped eight times.
TEST(LearningRateSchedule, IsPyTorchs) {
  EXPECT_TRUE(near(factors({ScheduleKind::step, 3, 0.5}, 8),
                   std::vector<double>{1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25}, 1e-15, 0));
  EXPECT_TRUE(
      near(factors({ScheduleKind::cosine}, 8),
           std::vector<double>{1.0, 0.9619397662556434, 0.8535533905932737, 0.6913417161825449, 0.5,
                               0.30865828381745514, 0.14644660940672627, 0.03806023374435664},
           1e-14, 0));
  EXPECT_TRUE(same_bits(factors({}, 3), {1, 1, 1}));
}

TEST(LearningRateSchedule, Names) {
  EXPECT_EQ(schedule_kind_from_name("constant"), ScheduleKind::constant);
  EXPECT_EQ(schedule_kind_from_name("step"), ScheduleKind::step);
  EXPECT_EQ(schedule_kind_from_name("cosine"), ScheduleKind::cosine);
  expect_error([] { schedule_kind_from_name("linear"); },
               "schedule 'linear' is unknown: use constant, step or cosine");
}

}  // namespace
}  // namespace kiln::test
