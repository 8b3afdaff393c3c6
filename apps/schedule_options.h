// SPDX-License-Identifier: MIT
// --lr-schedule, --lr-step and --lr-gamma.
#pragma once

#include <array>
#include <cmath>
#include <string>

#include "apps/command_line.h"
#include "engine/train/learning_rate_schedule.h"
#include "kernels/error.h"

namespace kiln::apps {

struct ScheduleOptions {
  std::string kind = "constant";
  LearningRateSchedule schedule;

  void add_to(CLI::App& app) {
    app.add_option("--lr-schedule", kind,
                   "constant; step: times --lr-gamma every --lr-step epochs; cosine: falling to 0")
        ->capture_default_str();
    of_step_[0] = app.add_option("--lr-step", schedule.step_epochs, "Of schedule step")
                      ->check(whole_number(1, kMaxCount))
                      ->capture_default_str();
    of_step_[1] = app.add_option("--lr-gamma", schedule.gamma, "Of schedule step")
                      ->check(not_empty())
                      ->capture_default_str();
  }

  // What they ask for. Errors: a kind unknown, a gamma that is negative or not finite, options of
  // another schedule.
  LearningRateSchedule checked() {
    schedule.kind = schedule_kind_from_name(kind);
    if (!(schedule.gamma >= 0) || !std::isfinite(schedule.gamma)) {
      throw Error(fmt::format("--lr-gamma {} is not a number of at least 0", schedule.gamma));
    }
    for (const CLI::Option* option : of_step_) {
      if (schedule.kind == ScheduleKind::step || option->count() == 0) continue;
      throw Error(fmt::format("{} is not for schedule {}", option->get_name(), kind));
    }
    return schedule;
  }

 private:
  std::array<const CLI::Option*, 2> of_step_ = {};
};

}  // namespace kiln::apps
