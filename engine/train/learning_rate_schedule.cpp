// SPDX-License-Identifier: MIT
#include "engine/train/learning_rate_schedule.h"

#include <cmath>
#include <numbers>

#include "kernels/error.h"

namespace kiln {

double LearningRateSchedule::factor(std::int64_t epoch, std::int64_t num_epochs) const {
  switch (kind) {
    case ScheduleKind::step: {
      const std::int64_t steps = epoch / step_epochs;
      return std::pow(gamma, static_cast<double>(steps));
    }
    case ScheduleKind::cosine:
      return (1 + std::cos(std::numbers::pi * static_cast<double>(epoch) /
                           static_cast<double>(num_epochs))) /
             2;
    case ScheduleKind::constant:
      break;
  }
  return 1;
}

ScheduleKind schedule_kind_from_name(const std::string& name) {
  if (name == "constant") return ScheduleKind::constant;
  if (name == "step") return ScheduleKind::step;
  if (name == "cosine") return ScheduleKind::cosine;
  throw Error("schedule '" + name + "' is unknown: use constant, step or cosine");
}

}  // namespace kiln
