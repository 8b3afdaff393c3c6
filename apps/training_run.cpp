// SPDX-License-Identifier: MIT
#include "apps/training_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/checkpoints.h"
#include "apps/command_line.h"
#include "apps/interrupt.h"
#include "apps/output_folder.h"
#include "apps/run_results.h"
#include "apps/training_progress.h"
#include "engine/autograd/anomaly.h"
#include "engine/io/file.h"
#include "engine/io/image_grid.h"
#include "engine/io/png.h"
#include "engine/rng.h"
#include "engine/train/finite.h"
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
  TrainingRun(Trainee& trainee, const TrainingOptions& options, const TrainingData& data,
              Device device)
      : trainee_(trainee),
        options_(options),
        data_(data),
        height_(data.height()),
        width_(data.width()),
        batches_(data, trainee.classes(), options.batch, seed_for(SeedPurpose::batches, options),
                 device),
        results_(options.out, file_names(trainee)),
        checkpoints_(results_.checkpoints, options.keep_checkpoints),
        folder_(results_.folder, results_.epoch_pictures, model_bytes(trainee)),
        resumed_from_(restore_or_start()),
        logger_(results_.metrics, next_.log_lines),
        bar_(ProgressBar::standard_output(), options.batch),
        seconds_before_(resumed_from_.empty() ? 0 : logged_seconds(results_.metrics)),
        start_(std::chrono::steady_clock::now()),
        metrics_start_(start_),
        rated_step_(trainee.steps_done()) {
    if (options.tensorboard) {
      events_.emplace(results_.events, next_.events);
    } else if (resumed_from_.empty()) {
      results_.remove_events();
    }
    results_.remove_temporaries();
    start_state_.emplace([this](StateVisitor& visitor) { visit_state(visitor); });
    if (!resumed_from_.empty()) return;
    results_.remove_models_and_pictures();
    checkpoints_.remove_all();
  }

  // Empty for a run from the start.
  const fs::path& resumed_from() const { return resumed_from_; }
  std::int64_t epochs_done() const { return next_.epoch; }

  // Trains to the end, to --max-steps or to an interrupt, and writes the results.
  void run() {
    try {
      train_and_write();
    } catch (const std::exception& error) {
      const fs::path last = checkpoints_.newest();
      if (last.empty()) {
        results_.remove_all();
        throw;
      }
      throw Error(fmt::format("{}; the last checkpoint is {}", error.what(), last.string()));
    }
    print_results();
  }

 private:
  void train_and_write() {
    try {
      train();
      if (!interrupted()) conclude();
      write_models();
    } catch (const NotFiniteError& error) {
      throw Error(with_op(error.what()));
    }
  }

  // `what`, which says that the training has diverged, and the step and the op where that began.
  // The steps since the last good state are done again for it: they are the same, bit for bit.
  std::string with_op(const std::string& what) {
    const std::int64_t last_step = trainee_.steps_done();
    bar_.print_line("The training has diverged: the last steps again, to see where that began");
    const AnomalyGuard guard;
    try {
      if (start_state_) {
        start_state_->restore([this](StateVisitor& visitor) { visit_state(visitor); });
      } else if (restore().empty()) {
        return what;
      }
      while (trainee_.steps_done() < last_step && !interrupted()) {
        step();
        if (next_.batch < batches_.batches_per_epoch()) continue;
        ++next_.epoch;
        next_.batch = 0;
      }
    } catch (const NotFiniteError& error) {
      return fmt::format("{}; it began at step {}: {}", what, trainee_.steps_done() + 1,
                         error.what());
    } catch (const Error&) {  // of a checkpoint that cannot be read: there is no more to say
      return what;
    }
    return what;
  }

  // The next step of the epoch, which begins with it if it is the first.
  void step() {
    if (next_.batch == 0) batches_.start_epoch(next_.epoch);
    trainee_.set_learning_rate_factor(options_.schedule.factor(next_.epoch, options_.epochs));
    trainee_.train_step(batches_.next());
    ++next_.batch;
  }

  void train() {
    bool stop = done();
    // Where an interrupt came before a line that was due.
    if (next_.batch > 0 && (stop || is_log_step()) && next_.logged_step < trainee_.steps_done()) {
      log_metrics(stop);
    }
    while (next_.epoch < options_.epochs && !stop) {
      const std::int64_t batches = batches_.batches_per_epoch();
      while (next_.batch < batches && !stop) {
        step();
        stop = done();
        const bool is_last = next_.batch == batches;
        // Before the log is told what it would not hear of in a run that goes on.
        if (stop && !is_last) checkpoint();
        if (stop || is_last || is_log_step()) log_metrics(stop || is_last);
        bar_.update({next_.epoch + 1, options_.epochs, next_.batch, batches, losses_});
        if (!stop && !is_last && is_checkpoint_step()) checkpoint();
      }
      show_epoch();
      if (next_.batch < batches) break;
      ++next_.epoch;
      next_.batch = 0;
      checkpoint();
    }
    bar_.finish();
  }

  // The picture of the epoch that ends, or that the run stops in.
  void show_epoch() {
    const GreyImage picture = draw_picture();
    write_png(results_.epoch_picture(next_.epoch + 1), picture);
    if (!events_) return;
    events_->picture("samples", trainee_.steps_done(), picture);
    log_weights();
  }

  bool is_log_step() const { return trainee_.steps_done() % kStepsBetweenMetrics == 0; }

  bool is_checkpoint_step() const {
    return options_.checkpoint_every > 0 && trainee_.steps_done() % options_.checkpoint_every == 0;
  }

  void visit_state(StateVisitor& visitor) {
    trainee_.visit_state(visitor);
    batches_.visit_state(visitor, "batches");
    next_.visit_state(visitor);
  }

  // What a checkpoint says of its run: the options that the steps depend on, and the data.
  const std::string& description() {
    if (!description_.empty()) return description_;
    nlohmann::json run = options_.settings;
    run["program"] = options_.program;
    run["data"] = fmt::format("{} images of {}x{}, check sum {:08x}", data_.images.count, width_,
                              height_, data_.check_sum());
    description_ = run.dump();
    return description_;
  }

  // A run does not end because its safety net cannot be spread; the last checkpoint stays.
  void checkpoint() {
    if (events_) next_.events = events_->num_events();
    const StateSnapshot state([this](StateVisitor& visitor) { visit_state(visitor); });
    if (const auto piece = state.not_finite()) {
      throw_not_finite(*piece, trainee_.steps_done());
    }
    try {
      checkpoints_.write(trainee_.steps_done(), description(), state);
      start_state_.reset();  // there is a later one
    } catch (const Error& error) {
      print_warning(options_.program, fmt::format("no checkpoint was written: {}", error.what()));
    }
  }

  // The checkpoint to go on from, or an empty path.
  fs::path restore_or_start() {
    fs::path path = options_.resume ? restore() : fs::path();
    if (path.empty() && !options_.init.empty()) start_from(options_.init);
    return path;
  }

  void start_from(const fs::path& folder) {
    for (const TrainedNetwork& network : trainee_.networks()) {
      models::load_weights(folder / network.file_name, *network.network, network.info);
    }
    trainee_.networks_replaced();
  }

  fs::path restore() {
    fs::path path = checkpoints_.restore_newest(
        description(), [this](StateVisitor& visitor) { visit_state(visitor); },
        [this](const std::string& message) { print_warning(options_.program, message); });
    if (!next_.is_sound(batches_.batches_per_epoch())) {
      throw Error(path.string() + ": its place in the training makes no sense");
    }
    return path;
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
        interrupted() ? "Interrupted after" : "Trained", trainee_.steps_done(), seconds_so_far(),
        results_.folder.string(), "samples.png", kPictureImages);
    for (const fs::path& model : results_.models) {
      const std::string name = model.filename().string();
      text += &model != &results_.models.front()
                  ? fmt::format("  {}\n", name)
                  : fmt::format("  {:<27} for: generate --model {} --n 100 --out digits.png\n",
                                name, model.string());
    }
    text += fmt::format("  {:<27} {} lines\n", "metrics.jsonl", next_.log_lines);
    if (events_) {
      text += fmt::format("  {:<27} for: tensorboard --logdir {}\n",
                          results_.events.filename().string(), results_.folder.string());
    }
    const fs::path last = checkpoints_.newest();
    if (!last.empty()) {
      text += fmt::format("  {:<27} to go on{}: the same command with --resume\n", "checkpoints/",
                          interrupted() ? "" : ", with more epochs");
    }
    print(text);
  }

  bool done() const {
    return interrupted() || (options_.max_steps > 0 && trainee_.steps_done() >= options_.max_steps);
  }

  static double seconds(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  }

  double seconds_so_far() const { return seconds_before_ + seconds(start_); }

  void log_metrics(bool epoch_ends) {
    TraineeMetrics metrics = trainee_.read_metrics();
    const auto images = static_cast<double>((trainee_.steps_done() - rated_step_) * options_.batch);
    const double rate = images / std::max(seconds(metrics_start_), 1e-9);
    rated_step_ = trainee_.steps_done();
    std::vector<LogField> fields = {{"epoch", next_.epoch + 1}, {"step", trainee_.steps_done()}};
    fields.insert(fields.end(), metrics.fields.begin(), metrics.fields.end());
    if (epoch_ends) {
      const TraineeMetrics validation = trainee_.validate(next_.epoch + 1);
      fields.insert(fields.end(), validation.fields.begin(), validation.fields.end());
      if (!validation.summary.empty()) metrics.summary += ' ' + validation.summary;
    }
    fields.insert(fields.end(), {{"images_per_second", rate}, {"seconds", seconds_so_far()}});
    log(fields);
    next_.logged_step = trainee_.steps_done();
    losses_ = metrics.summary;
    metrics_start_ = std::chrono::steady_clock::now();
  }

  void log(const std::vector<LogField>& fields) {
    logger_.log(fields);
    ++next_.log_lines;
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
  const TrainingData& data_;
  std::size_t height_;
  std::size_t width_;
  TrainingBatches batches_;
  RunResults results_;
  Checkpoints checkpoints_;
  OutputFolder folder_;
  std::string description_;
  TrainingProgress next_;
  fs::path resumed_from_;
  std::optional<StateSnapshot> start_state_;  // until there is a checkpoint
  StepLogger logger_;
  std::optional<TensorBoardLog> events_;
  ProgressBar bar_;
  double seconds_before_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point metrics_start_;
  std::int64_t rated_step_;  // what the rate is counted from
  std::string losses_;
};

}  // namespace

std::uint64_t seed_for(SeedPurpose purpose, const TrainingOptions& options) {
  return derive_seed(options.seed, static_cast<std::uint64_t>(purpose));
}

int train(Trainee& trainee, const TrainingOptions& options, const TrainingData& data,
          Device device) {
  const std::int64_t count = data.images.count;
  if (options.batch < 1 || options.batch > count) {
    throw Error(fmt::format("--batch {} is not between 1 and the {} images of the data set",
                            options.batch, count));
  }
  TrainingRun run(trainee, options, data, device);
  print(fmt::format("Training {} on {} images of {}x{}\nRunning on {}\n", trainee.description(),
                    count, data.width(), data.height(), device.description()));
  if (!run.resumed_from().empty()) {
    print(fmt::format("Going on after {} epochs and {} steps, from {}\n", run.epochs_done(),
                      trainee.steps_done(), run.resumed_from().string()));
  }
  run.run();
  return interrupted() ? 130 : 0;
}

}  // namespace kiln::apps
