// SPDX-License-Identifier: MIT
// What the learning rate is multiplied by in epoch e = 0, 1, ... of E, as PyTorch's schedulers of
// these names do when stepped once an epoch:
//   constant   1
//   step       gamma^floor(e / step_epochs)    StepLR
//   cosine     (1 + cos(pi e / E)) / 2         CosineAnnealingLR, Loshchilov and Hutter 2017, eq. 5
// A warm-up over the first steps is the optimizer's own (kernels/adam.h).
#pragma once

#include <cstdint>
#include <string>

namespace kiln {

enum class ScheduleKind { constant, step, cosine };

struct LearningRateSchedule {
  ScheduleKind kind = ScheduleKind::constant;
  std::int64_t step_epochs = 10;
  double gamma = 0.1;

  double factor(std::int64_t epoch, std::int64_t num_epochs) const;
};

// Errors: another word.
ScheduleKind schedule_kind_from_name(const std::string& name);

}  // namespace kiln
