// SPDX-License-Identifier: MIT
#include "apps/training_options.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>

#include "engine/precision.h"

namespace kiln::apps {

namespace {

// Options that a run may go on with other values of, --epochs under some schedules.
constexpr std::string_view kFreeOptions[] = {
    "--help",      "--version",          "--data",
    "--out",       "--epochs",           "--max-steps",
    "--resume",    "--tensorboard",      "--device",
    "--threads",   "--nll-samples",      "--nll-images",
    "--nll-every", "--checkpoint-every", "--keep-checkpoints",
    "--stream"};

// What the steps depend on, by option.
std::map<std::string, std::string> settings_of(const CLI::App& app, bool needs_epochs) {
  std::map<std::string, std::string> settings;
  for (const CLI::Option* const option : app.get_options()) {
    const std::string name = option->get_name();
    const bool is_free =
        std::find(std::begin(kFreeOptions), std::end(kFreeOptions), name) != std::end(kFreeOptions);
    if (is_free && !(needs_epochs && name == "--epochs")) continue;
    settings[name] =
        option->count() > 0 ? option->reduced_results().back() : option->get_default_str();
  }
  return settings;
}

}  // namespace

void CommonOptions::add_to(CLI::App& app, const std::string& program) {
  take_last_option(app);
  app.add_option("--data", data, "Folder of the four MNIST-named IDX files, plain or .gz")
      ->check(not_empty())
      ->capture_default_str();
  app.add_flag(
      "--stream", stream,
      "Read the training images from disk as they are needed (plain files alone), for data "
      "larger than memory; the results are the same");
  app.add_option("--out", training.out, "Folder for models, pictures and metrics")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--init", training.init,
                 "Start from the networks of an earlier run, which this folder holds; optimizers "
                 "begin anew (default: new networks)")
      ->check(not_empty());
  app.add_option("--epochs", training.epochs, "Passes over the training images")
      ->check(whole_number(1, 1000000000))  // times any number of batches fits 64 bits
      ->capture_default_str();
  app.add_option("--batch", training.batch, "Images a step")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--lr", learning_rate_, "Adam's learning rate (default: the recipe's)")
      ->check(not_empty());
  schedule_.add_to(app);
  app.add_option("--seed", training.seed, "Equal seeds give equal files")
      ->check(whole_number(0, kMaxSeed))
      ->capture_default_str();
  app.add_option("--max-steps", training.max_steps, "Stop after so many steps (default: no limit)")
      ->check(whole_number(1, kMaxCount));
  app.add_flag("--resume", training.resume,
               "Go on from the newest checkpoint in --out, bit for bit; from the start if there is "
               "none");
  app.add_option("--checkpoint-every", training.checkpoint_every,
                 "Steps between checkpoints beside those after each epoch (default: none)")
      ->check(whole_number(1, kMaxCount));
  app.add_option("--keep-checkpoints", training.keep_checkpoints, "How many of the newest to keep")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  app.add_flag("--tensorboard", training.tensorboard,
               "Write what TensorBoard shows too: losses, pictures, histograms of the weights");
  app.add_option("--device", device, "auto (the GPU where there is one), cpu or cuda")
      ->capture_default_str();
  app.add_option(
         "--precision", precision,
         "Of matrix products: fp32, bf16 (a GPU, Intel's AMX or AMD's AVX512_BF16) or, on a\n"
         "GPU, tf32x3 or tf32; fp32 where there is no other; weights stay fp32")
      ->capture_default_str();
  app.add_option("--threads", threads, "CPU threads (default: one a core)")
      ->check(whole_number(1, 1024));
  app.set_version_flag("--version", program + " " KILN_VERSION);
}

Device CommonOptions::prepare(const CLI::App& app) {
  training.schedule = schedule_.checked();
  training.program = app.get_name();
  training.settings = settings_of(app, training.schedule.kind == ScheduleKind::cosine);
  set_matmul_precision(precision_from_name(precision));
  set_num_threads(threads);
  return Device::from_name(device);
}

std::optional<double> CommonOptions::learning_rate(const CLI::App& app) const {
  if (app.count("--lr") == 0) return std::nullopt;
  if (!(learning_rate_ >= 0) || !std::isfinite(learning_rate_)) {
    throw Error(fmt::format("--lr {} is not a number of at least 0", learning_rate_));
  }
  return learning_rate_;
}

}  // namespace kiln::apps
