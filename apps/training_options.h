// SPDX-License-Identifier: MIT
// The options that all training programs share.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "apps/command_line.h"
#include "apps/data_path.h"
#include "apps/schedule_options.h"
#include "apps/training_data.h"
#include "apps/training_run.h"
#include "engine/device.h"

namespace kiln::apps {

struct CommonOptions {
  TrainingOptions training;
  std::filesystem::path data = data_path("mnist");
  bool stream = false;
  std::string device = "auto";
  std::string precision = "fp32";
  int threads = 0;

  // Binds --data, --stream, --out, --epochs, --batch, --lr, --lr-schedule and its two, --seed,
  // --max-steps, --resume, --checkpoint-every, --keep-checkpoints, --tensorboard, --device,
  // --precision and --threads; `program` is what --version names. The values given here are the
  // defaults.
  void add_to(CLI::App& app, const std::string& program);
  // Sets the schedule, what a checkpoint must agree with, the precision and the number of threads;
  // the device to train on. Errors: a name unknown, a gamma that makes no sense, no GPU where one
  // was asked for.
  Device prepare(const CLI::App& app);
  // The training images that --data and --stream ask for. Errors: those of load_training_data.
  TrainingData load_data() const { return load_training_data(data, stream); }
  // Of --lr, where it was given. Errors: negative or not finite.
  std::optional<double> learning_rate(const CLI::App& app) const;

 private:
  double learning_rate_ = 0;
  ScheduleOptions schedule_;
};

}  // namespace kiln::apps
