// SPDX-License-Identifier: MIT
// The training loop of the apps: batches, progress, metrics, pictures, models.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "apps/trainee.h"
#include "apps/training_data.h"
#include "engine/train/learning_rate_schedule.h"

namespace kiln::apps {

struct TrainingOptions {
  std::filesystem::path out;
  std::filesystem::path init;  // folder of the networks to start from; empty: new ones
  std::int64_t epochs = 20;
  std::int64_t batch = 64;
  std::uint64_t seed = 1;
  std::int64_t max_steps = 0;  // 0: no limit
  LearningRateSchedule schedule;
  bool tensorboard = false;
  bool resume = false;
  std::int64_t checkpoint_every = 0;  // steps; 0: after each epoch alone
  std::int64_t keep_checkpoints = 2;
  std::string program;                          // for warnings
  std::map<std::string, std::string> settings;  // that a checkpoint must have been made with
};

// Writes the trainee's networks, samples/epoch_0001.png ..., samples.png, metrics.jsonl and, if
// asked for, TensorBoard's events, in place of those of an earlier run; and checkpoints/
// (apps/checkpoints.h), from whose newest a run with `resume` goes on. A run that is interrupted
// leaves all of them; one that fails none, or if it has left a checkpoint everything up to there.
// Returns the program's exit code: 0, or 130 where it was interrupted.
int train(Trainee& trainee, const TrainingOptions& options, const TrainingData& data,
          Device device);

// Seeds of a run's parts, from the one that the user gives.
enum class SeedPurpose : std::uint64_t { model, batches, picture, validation };
std::uint64_t seed_for(SeedPurpose purpose, const TrainingOptions& options);

}  // namespace kiln::apps
