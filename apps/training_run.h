// SPDX-License-Identifier: MIT
// The training loop of the apps: batches, progress, metrics, pictures, models.
#pragma once

#include <cstdint>
#include <filesystem>

#include "apps/trainee.h"
#include "engine/train/learning_rate_schedule.h"

namespace kiln::apps {

struct TrainingOptions {
  std::filesystem::path out;
  std::int64_t epochs = 20;
  std::int64_t batch = 64;
  std::uint64_t seed = 1;
  std::int64_t max_steps = 0;  // 0: no limit
  LearningRateSchedule schedule;
  bool tensorboard = false;
};

// Writes the trainee's networks, samples/epoch_0001.png ..., samples.png, metrics.jsonl and, if
// asked for, TensorBoard's events, in place of those of an earlier run. A run that fails leaves
// none of them, one that is interrupted all. Returns the program's exit code: 0, or 130 where it
// was interrupted.
int train(Trainee& trainee, const TrainingOptions& options, const MnistData& data, Device device);

// Seeds of a run's parts, from the one that the user gives.
enum class SeedPurpose : std::uint64_t { model, batches, picture, validation };
std::uint64_t seed_for(SeedPurpose purpose, const TrainingOptions& options);

}  // namespace kiln::apps
