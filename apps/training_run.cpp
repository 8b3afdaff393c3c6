// SPDX-License-Identifier: MIT
#include "apps/training_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "apps/command_line.h"
#include "apps/interrupt.h"
#include "apps/output_folder.h"
#include "apps/run_results.h"
#include "engine/io/image_grid.h"
#include "engine/io/png.h"
#include "engine/rng.h"
#include "engine/train/progress_bar.h"
#include "engine/train/tensorboard_log.h"
#include "models/network_file.h"

namespace kiln::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPictureImages = 100;
constexpr std::int64_t kStepsBetweenMetrics = 100;

std::vector<std::string> file_names(Trainee& trainee) {
  std::vector<std::string> names;
  for (const TrainedNetwork& network : trainee.networks()) names.push_back(network.file_name);
  return names;
}

std::uint64_t model_bytes(Trainee& trainee) {
  std::uint64_t bytes = 0;
  for (const TrainedNetwork& network : trainee.networks()) {
    for (const nn::NamedTensor& parameter : network.network->named_parameters()) {
      bytes += static_cast<std::uint64_t>(parameter.tensor.numel()) * sizeof(float);
    }
  }
  return bytes;
}

class TrainingRun {
 public:
  TrainingRun(Trainee& trainee, const TrainingOptions& options, const MnistData& data,
              Device device)
      : trainee_(trainee),
        options_(options),
        height_(data.images.height),
        width_(data.images.width),
        batches_(training_rows(data, trainee.classes(), device), options.batch,
                 seed_for(SeedPurpose::batches, options)),
        results_(options.out, file_names(trainee)),
        folder_(results_.folder, results_.epoch_pictures, model_bytes(trainee)),
        logger_(results_.metrics),
        progress_(ProgressBar::standard_output(), options.batch),
        start_(std::chrono::steady_clock::now()),
        metrics_start_(start_) {
    if (options.tensorboard) {
      events_.emplace(results_.events);
    } else {
      results_.remove_events();
    }
    results_.remove_models_and_pictures();
  }

  // Trains to the end, to --max-steps or to an interrupt, and writes the results.
  void run() {
    try {
      train();
      if (!interrupted()) conclude();
      write_models();
    } catch (...) {
      results_.remove_all();
      throw;
    }
    print_results();
  }

 private:
  void train() {
    bool stop = interrupted();
    for (std::int64_t epoch = 0; epoch < options_.epochs && !stop; ++epoch) {
      batches_.start_epoch(epoch);
      trainee_.set_learning_rate_factor(options_.schedule.factor(epoch, options_.epochs));
      const std::int64_t batches = batches_.batches_per_epoch();
      for (std::int64_t batch = 0; batch < batches && !stop; ++batch) {
        trainee_.train_step(batches_);
        stop = done();
        const bool last = stop || batch + 1 == batches;
        if (last || trainee_.steps_done() % kStepsBetweenMetrics == 0) log_metrics(epoch, last);
        progress_.update({epoch + 1, options_.epochs, batch + 1, batches, losses_});
      }
      const GreyImage picture = draw_picture();
      write_png(results_.epoch_picture(epoch + 1), picture);
      if (events_) {
        events_->picture("samples", trainee_.steps_done(), picture);
        log_weights();
      }
    }
    progress_.finish();
  }

  void conclude() {
    TraineeMetrics metrics = trainee_.conclude();
    if (metrics.fields.empty()) return;
    metrics.fields.insert(metrics.fields.begin(), {"step", trainee_.steps_done()});
    log(metrics.fields);
    print(metrics.summary + '\n');
  }

  void write_models() {
    write_png(results_.picture, draw_picture());
    const std::vector<TrainedNetwork> networks = trainee_.networks();
    for (std::size_t i = 0; i < networks.size(); ++i) {
      save_network(results_.models[i], *networks[i].network, networks[i].info);
    }
  }

  void print_results() {
    std::string text = fmt::format(
        "{} {} steps in {:.1f} s. Results in {}:\n"
        "  {:<27} {} images; one picture an epoch in samples/\n",
        interrupted() ? "Interrupted after" : "Trained", trainee_.steps_done(), seconds(start_),
        results_.folder.string(), "samples.png", kPictureImages);
    for (const fs::path& model : results_.models) {
      const std::string name = model.filename().string();
      text += &model != &results_.models.front()
                  ? fmt::format("  {}\n", name)
                  : fmt::format("  {:<27} for: generate --model {} --n 100 --out digits.png\n",
                                name, model.string());
    }
    text += fmt::format("  {:<27} {} lines\n", "metrics.jsonl", lines_logged_);
    if (events_) {
      text += fmt::format("  {:<27} for: tensorboard --logdir {}\n",
                          results_.events.filename().string(), results_.folder.string());
    }
    print(text);
  }

  bool done() const {
    return interrupted() || (options_.max_steps > 0 && trainee_.steps_done() >= options_.max_steps);
  }

  static double seconds(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  }

  void log_metrics(std::int64_t epoch, bool epoch_ends) {
    TraineeMetrics metrics = trainee_.read_metrics();
    const auto images = static_cast<double>((trainee_.steps_done() - last_step_) * options_.batch);
    const double rate = images / std::max(seconds(metrics_start_), 1e-9);
    last_step_ = trainee_.steps_done();
    std::vector<LogField> fields = {{"epoch", epoch + 1}, {"step", trainee_.steps_done()}};
    fields.insert(fields.end(), metrics.fields.begin(), metrics.fields.end());
    if (epoch_ends) {
      const TraineeMetrics validation = trainee_.validate(epoch + 1);
      fields.insert(fields.end(), validation.fields.begin(), validation.fields.end());
      if (!validation.summary.empty()) metrics.summary += ' ' + validation.summary;
    }
    fields.insert(fields.end(), {{"images_per_second", rate}, {"seconds", seconds(start_)}});
    log(fields);
    losses_ = metrics.summary;
    metrics_start_ = std::chrono::steady_clock::now();
  }

  void log(const std::vector<LogField>& fields) {
    logger_.log(fields);
    ++lines_logged_;
    if (!events_) return;
    for (const LogField& field : fields) {
      if (field.name == "step" || !field.value.number()) continue;
      events_->scalar(field.name, trainee_.steps_done(), *field.value.number());
    }
  }

  void log_weights() {
    for (const TrainedNetwork& network : trainee_.networks()) {
      const std::string name = fs::path(network.file_name).stem().string();
      for (const nn::NamedTensor& parameter : network.network->named_parameters()) {
        events_->histogram(name + '/' + parameter.name, trainee_.steps_done(),
                           parameter.tensor.to_host<float>());
      }
    }
  }

  GreyImage draw_picture() {
    return tile_images(unit_to_bytes(trainee_.draw(kPictureImages)), kPictureImages, height_,
                       width_);
  }

  Trainee& trainee_;
  TrainingOptions options_;
  std::size_t height_;
  std::size_t width_;
  BatchStream batches_;
  RunResults results_;
  OutputFolder folder_;
  StepLogger logger_;
  std::optional<TensorBoardLog> events_;
  ProgressBar progress_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point metrics_start_;
  std::int64_t last_step_ = 0;
  std::int64_t lines_logged_ = 0;
  std::string losses_;
};

}  // namespace

std::uint64_t seed_for(SeedPurpose purpose, const TrainingOptions& options) {
  return derive_seed(options.seed, static_cast<std::uint64_t>(purpose));
}

int train(Trainee& trainee, const TrainingOptions& options, const MnistData& data, Device device) {
  const IdxImages& images = data.images;
  if (options.batch < 1 || static_cast<std::uint64_t>(options.batch) > images.count) {
    throw Error(fmt::format("--batch {} is not between 1 and the {} images of the data set",
                            options.batch, images.count));
  }
  watch_for_interrupt();
  TrainingRun run(trainee, options, data, device);
  print(fmt::format("Training {} on {} images of {}x{}\nRunning on {}\n", trainee.description(),
                    images.count, images.width, images.height, device.description()));
  run.run();
  return interrupted() ? 130 : 0;
}

}  // namespace kiln::apps
